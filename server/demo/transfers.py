"""Transfer lists as the city's bureaus would send them: realistic in form, every person plainly invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from handlers import lists

HEADINGS = (
    "序号",
    "移送单位",
    "线索来源",
    "移送依据",
    "问题领域",
    "被反映人",
    "单位",
    "职务",
    "职级",
    "政治面貌",
    "主要问题",
    "问题发生时间起",
    "问题发生时间止",
    "涉及金额（万元）",
    "移送单位处理结论",
    "紧急程度",
    "是否实名举报",
    "联系人及电话",
    "负责人签字",
)
WIDTHS = (6, 18, 14, 30, 14, 12, 26, 16, 14, 12, 60, 14, 14, 14, 36, 14, 12, 24, 12)

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_PLACES = ("东湖区柳堤街道", "东湖区石桥镇", "西山区松岭镇", "南桥县双溪镇", "北关县青坪乡", "高新产业园")
_BASES = (
    "《监察法》及其实施条例",
    "执法机关和司法机关移送问题线索工作办法",
    "《问责条例》",
    "专项整治工作方案",
)

#: Posts from the village to the bureau's head, with the rank that goes with them.
_POSTS = (
    ("局长", "县处级正职", "局机关"),
    ("副局长", "县处级副职", "局机关"),
    ("科长", "乡科级正职", "局机关"),
    ("副科长", "乡科级副职", "局机关"),
    ("执法大队长", "乡科级正职", "综合执法大队"),
    ("执法人员", "科员及以下", "综合执法大队"),
    ("副镇长", "乡科级副职", "人民政府"),
    ("党支部书记", "农村干部", "村民委员会"),
    ("负责人", "企业人员", "国有公司"),
)


@dataclass(frozen=True)
class Bureau:
    """A bureau that sends lists: what its problems are about, and how it tells them."""

    code: str
    name: str
    domain: str
    facts: tuple[str, ...]


BUREAUS = (
    Bureau(
        "STJ",
        "生态环境局",
        "生态环境",
        (
            "在任{post}期间，对{place}某化工厂偷排废水的举报{n}次接报未查，致使污染持续{m}个月。",
            "审批{place}养殖场环评时明知选址在水源保护区内仍予通过，事后收受该场负责人礼品礼金。",
            "执法检查中向{place}某砖厂提前通风报信，并长期接受该厂宴请。",
            "在{place}河道综合治理项目中未按合同验收即签字付款，造成财政资金损失。",
        ),
    ),
    Bureau(
        "YJJ",
        "应急管理局",
        "安全生产",
        (
            "对{place}某烟花仓库重大隐患未责令停产，{m}个月后发生火情，反映其收受企业好处。",
            "在{place}某矿山安全许可延期中弄虚作假，现场核查记录由企业代填。",
            "对{place}加油站检查走过场，{n}份检查笔录内容雷同，且涉嫌违规收取培训费。",
        ),
    ),
    Bureau(
        "ZRJ",
        "自然资源和规划局",
        "自然资源与规划",
        (
            "{place}违法占用耕地建设仓储设施，其作为分管人员{n}次收到卫片图斑未处置。",
            "在{place}地块出让前向竞买人泄露底价，涉嫌收受财物。",
        ),
    ),
    Bureau(
        "ZJJ",
        "住房和城乡建设局",
        "住房和城乡建设",
        (
            "{place}危旧房改造补助中虚列{n}户，套取补助资金。",
            "在{place}安置房工程招投标中与施工单位串通，量身定制评分条件。",
        ),
    ),
    Bureau(
        "JTJ",
        "交通运输局",
        "交通运输",
        (
            "{place}公路养护工程转包后未履行监管职责，路面{m}个月内严重破损。",
            "治超执法中私放超限车辆{n}台次。",
        ),
    ),
    Bureau(
        "SLJ",
        "水利局",
        "水利水务",
        ("{place}小型水库除险加固工程未达标即验收。", "对{place}非法采砂{n}次巡查未制止，反映其入股砂场。"),
    ),
    Bureau(
        "NYJ",
        "农业农村局",
        "农业农村",
        ("{place}高标准农田项目虚报面积，套取涉农资金。", "截留{place}耕地地力保护补贴，涉及{n}户农户。"),
    ),
    Bureau(
        "WJW",
        "卫生健康委员会",
        "医疗卫生",
        ("{place}卫生院设备采购中指定品牌，收受供应商回扣。", "家庭医生签约服务{n}份档案造假，套取补助。"),
    ),
    Bureau("JYJ", "教育局", "教育", ("{place}学校食堂采购中收受供货商好处，长期未公开账目。",)),
    Bureau("MZJ", "民政局", "民政与社会救助", ("{place}低保评定优亲厚友，{n}户不符合条件人员享受低保。",)),
    Bureau("CZJ", "财政局", "财政与审计", ("{place}项目资金拨付中要求企业缴纳“赞助费”。",)),
    Bureau("SJJ", "审计局", "财政与审计", ("审计发现{place}所属单位私设“小金库”，用于发放津补贴。",)),
    Bureau("SCJ", "市场监督管理局", "市场监管", ("对{place}食品小作坊无证经营{n}次接报未查处。",)),
    Bureau("RSJ", "人力资源和社会保障局", "其他", ("{place}公益性岗位长期“吃空饷”，涉及{n}人。",)),
)


@dataclass(frozen=True)
class Traits:
    """What a row of a list has to say, whatever else chance puts into it."""

    major: bool = False
    named: bool = False
    source: str = ""  #: label of the source, where the office enters the list for others


def write_list(bureau: Bureau, sent_on: date, traits: Sequence[Traits], chance: Random) -> bytes:
    """Return the bureau's list of that day as a workbook, a row for each of the traits."""
    rows = [row(bureau, sent_on, number, said, chance) for number, said in enumerate(traits, 1)]
    return lists.write_xlsx(HEADINGS, rows, title="问题线索移送清单", widths=WIDTHS)


def row(bureau: Bureau, sent_on: date, number: int, said: Traits, chance: Random) -> Sequence[lists.Value]:
    """Return a row under our headings."""
    place = chance.choice(_PLACES)
    people = [_person(bureau, place, chance) for _ in range(1 if chance.random() < 0.85 else 2)]
    names, units, posts, ranks = ("；".join(column) for column in zip(*people, strict=True))
    months = chance.randint(2, 14)
    ended = sent_on - timedelta(days=chance.randint(20, 200))
    facts = chance.choice(bureau.facts).format(
        post=people[0][2], place=place, n=chance.randint(2, 9), m=months
    )
    if said.major:
        facts += chance.choice(
            ("该问题已造成人员伤亡，危害仍在持续。", "该问题已引发媒体关注，有毁灭证据风险。")
        )
    return (
        number,
        # What comes by letter or visit comes from no bureau.
        None if said.source else bureau.name,
        said.source or None,
        chance.choice(_BASES),
        bureau.domain,
        names,
        units,
        posts,
        ranks,
        "中共党员" if chance.random() < 0.8 else "群众",
        facts,
        ended - timedelta(days=30 * months),
        # Half of the bureaus write dates as text.
        ended if chance.random() < 0.5 else f"{ended.year}年{ended.month}月{ended.day}日",
        Decimal(chance.randint(1, 4000)) / 10 if chance.random() < 0.6 else None,
        chance.choice(("已立案行政处罚，责令改正。", "已责令停产整改。", "建议进一步核实。", "")),
        "重大（即时移送）" if said.major else "一般",
        "是" if said.named else "否",
        f"{bureau.name}法规科，内线 {chance.randint(8000, 8999)}",
        f"{chance.choice(_SURNAMES)}某某",
    )


def _person(bureau: Bureau, place: str, chance: Random) -> tuple[str, str, str, str]:
    post, rank, where = chance.choices(_POSTS, weights=(1, 2, 5, 4, 5, 6, 3, 5, 2))[0]
    unit = f"{bureau.name}{where}" if where in ("局机关", "综合执法大队") else f"{place}{where}"
    return f"{chance.choice(_SURNAMES)}某{chance.choice(_STEMS)}", unit, post, rank
