"""English from below is recognised by its form, numbers and nested reasons kept."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from config.language import render
from config.language.details import detail, reason


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
        ("log.db is damaged: database disk image is malformed", "log.db 已损坏：数据库文件已损坏"),
        ("certificate has expired", "证书已过期"),
        ("Hostname mismatch, certificate is not valid for 'a.cn'.", "主机名不符，证书不是发给“a.cn”的"),
        ("403 this token is of site a, the rows are of site b", "403：这个令牌属于站点 a，而数据属于站点 b"),
        ("something new", "something new"),
    ],
)  # fmt: skip
def test_details_in_chinese(said: str, shown: str) -> None:
    assert render(detail(said), "zh_CN") == shown
    assert render(detail(said), "en") == said


@pytest.mark.parametrize(
    ("error", "en", "zh"),
    [
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/x"), "No such file or directory",
         "没有这个文件或目录"),
        (OSError(errno.EADDRINUSE, "error while attempting to bind on address ('127.0.0.1', 1): address "
                 "already in use"), "Address already in use", "地址已被占用"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known",
         "主机名无法解析"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "it is not UTF-8 text",
         "不是 UTF-8 文本"),
        (OSError("something new"), "something new", "something new"),
    ],
)  # fmt: skip
def test_the_reason_of_an_error_is_without_names_and_numbers(error: Exception, en: str, zh: str) -> None:
    assert render(reason(error), "en") == en
    assert render(reason(error), "zh_CN") == zh
