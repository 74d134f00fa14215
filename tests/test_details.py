"""English from below is recognised by its form, numbers and nested reasons kept."""

from __future__ import annotations

import errno
import os

import pytest

from config.language import render
from config.language.details import detail


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("time-out", "超时"),
        ("not Modbus: protocol id", "不是 Modbus：协议号不对"),
        ("exception 2", "异常码 2"),
        ("no connection: Connection refused", "连接不上：连接被拒绝"),
        ("unit 3 instead of 2", "站号是 3，应为 2"),
        ("line B1 cannot bind 10.0.0.9: [Errno 99] Cannot assign requested address",
         "线路 B1 无法绑定 10.0.0.9：本机没有这个地址（错误号 99）"),
        (str(PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/data/x")),
         "没有权限：'/data/x'（错误号 13）"),
        (("Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits; "
          "use sys.set_int_max_str_digits() to increase the limit"), "数太长：5000 位，最多 4300 位"),
        ("certificate has expired", "证书已过期"),
        ("Hostname mismatch, certificate is not valid for 'a.cn'.", "主机名不符，证书不是发给“a.cn”的"),
        ("403 this token is of site a, the rows are of site b", "403：这个令牌属于站点 a，而数据属于站点 b"),
        ("something new", "something new"),
    ],
)  # fmt: skip
def test_details_in_chinese(said: str, shown: str) -> None:
    assert render(detail(said), "zh_CN") == shown
    assert render(detail(said), "en") == said
