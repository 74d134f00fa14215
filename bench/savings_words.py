"""What the page of savings says around its figures."""

from __future__ import annotations

VARIANT_NAMES = {
    "en": {"default": "left alone", "time-clock": "time clock", "programme": "programme"},
    "zh": {"default": "放任不管", "time-clock": "只有定时器", "programme": "节能日程"},
}
QUANTITIES = {"en": {"water": "water", "gas": "gas"}, "zh": {"water": "水", "gas": "燃气"}}
NEEDS = {
    "en": {
        "dark": "dark with people there, min",
        "empty-tank": "tank empty, min",
        "fumes": "fumes above 2 mg/m³, min",
        "cold-water": "water too cold for tea, min",
    },
    "zh": {
        "dark": "有人而灯暗，分钟",
        "empty-tank": "水箱空，分钟",
        "fumes": "油烟高于 2 mg/m³，分钟",
        "cold-water": "开水不够热，分钟",
    },
}

WORDS = {
    "en": {
        "summary": "- **{month}**, against *{other}*: {kwh} kWh less ({share} of the whole site, "
        "{of} of the systems that are commanded), {yuan} yuan less.",
        "system": "system",
        "less": "programme against left alone",
        "yuan": "yuan saved",
        "whole": "whole site",
        "cost": "cost, yuan",
        "volume": "m³",
        "unmet": "needs and wear",
        "starts": "starts of motors and heaters",
        "writes": "commands sent",
        "title": "Electricity of the systems that are commanded, kWh a day",
    },
    "zh": {
        "summary": "- **{month}**，与“{other}”相比：少用 {kwh} kWh（全站 {share}，受控系统 {of}），"
        "少花 {yuan} 元。",
        "system": "系统",
        "less": "节能日程比放任不管",
        "yuan": "省下，元",
        "whole": "全站",
        "cost": "电费，元",
        "volume": "m³",
        "unmet": "需要与磨损",
        "starts": "电机与加热起动次数",
        "writes": "发出的命令",
        "title": "受控系统每天用电，kWh",
    },
}
