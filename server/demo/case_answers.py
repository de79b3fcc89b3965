"""What the demo's people write from verification to review, and when a name is cleared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from server.demo.scene import Answers, Scene

RANK = "RK09"
PANEL = ["reviewer", "reviewer2"]


def _plan_verification(s: Scene) -> Answers:
    return {
        "basis": "线索反映的问题具体，具有可查性。",
        "members": list(s.office[:2]),
        "questions": "核实是否未到现场即签字确认、有无收受礼品礼金。",
        "until_on": (s.day + timedelta(days=60)).isoformat(),
        "safety": "谈话安排在谈话室，由专人负责安全。",
        "sign": True,
    }


def _verified(s: Scene) -> Answers:
    untrue = s.fate.cleared
    found = {
        "category": s.fate.category,
        "text": "未到现场核查即签字确认。",
        "finding": "untrue" if untrue else "true",
        "basis": "门禁记录、执法记录仪影像和证人证言。",
    }
    return {
        "process": "调取巡查台账和门禁记录，询问有关人员六人次。",
        "allegations": [{"subject": one, **found} for one in s.subjects],
        "proposal": "DV2" if untrue else "DV1",
        "sign": True,
    }


def _judged(s: Scene) -> Answers:
    return {
        "trigger": "absent",
        "dual_type": "S",
        "unit": "示例市生态环境局",
        "proposal": "none",
        "reasons": "未发现应当一案双查的情形。",
        "sign": True,
    }


def _file(s: Scene) -> Answers:
    said = {"rank_at_act": RANK, "rank_at_event": RANK, "party_member": True, "public_official": True}
    return {
        "case_type": "CT3",
        "facts": "初步核实查明：多次未到现场核查即签字确认，涉嫌违反工作纪律和职务违法。",
        "basis": "初步核实报告。",
        "persons": [{"subject": one, **said} for one in s.subjects],
        "sign": True,
    }


def _filed(s: Scene) -> Answers:
    day = s.day.isoformat()
    return {
        "party_filed_on": day,
        "party_authority": "中共示例市纪委",
        "supervisory_filed_on": day,
        "supervisory_authority": "示例市监委",
        "sign": True,
    }


def _announce(s: Scene) -> Answers:
    return {
        "announced_on": s.day.isoformat(),
        "place": "市纪委监委谈话室",
        "said": "无异议。",
        "unit_head": "单位主要负责人",
        "unit_on": s.day.isoformat(),
        "family": "not_needed",
        "sign": True,
    }


def _plan_investigation(s: Scene) -> Answers:
    return {
        "members": list(s.office[:2]),
        "questions": "查明签字确认的次数、后果和有无收受财物。",
        "steps": "先外围后正面，先书证后谈话。",
        "safety": "谈话由专人负责安全。",
        "sign": True,
    }


def _meet(s: Scene) -> Answers:
    of_review = "c12" in s.after
    return {
        "body": "案件审理室室务会议" if of_review else "市纪委监委专题会议",
        "held_on": s.day.isoformat(),
        "present": [*PANEL, "reviewer3"] if of_review else ["leader", *s.office[:2]],
        "opinions": "均同意。",
        "decision": "agree",
        "resolution": "同意。",
        "sign": True,
    }


def _investigate(s: Scene) -> Answers:
    if s.times:
        return {"next": "facts"}
    day = s.day.isoformat()
    evidence = {"kind": "documentary", "title": "巡查签到表", "source": "生态环境局", "taken_on": day}
    item = {"name": "购物卡两张", "holder": "被审查调查人", "way": "seized", "amount": 2000, "taken_on": day}
    return {
        "next": "more",
        "evidence": [{**evidence, "proves": "签到时间与门禁记录不符。"}],
        "property": [{**item, "place": "案管室保管室"}],
    }


def _show(s: Scene) -> Answers:
    return {
        "facts": "二十三次未到现场核查即签字确认，收受购物卡两张。",
        "shown_on": s.day.isoformat(),
        "persons": [{"subject": one, "person_opinion": "属实，愿意接受处理。"} for one in s.subjects],
        "sign": True,
    }


def _report(s: Scene) -> Answers:
    found = {"category": s.fate.category, "text": "未到现场核查即签字确认。", "finding": "true"}
    return {
        "process": "谈话十人次，调取书证二十份。",
        "allegations": [{"subject": one, **found, "basis": "书证、证人证言。"} for one in s.subjects],
        "attitude": "承认错误，主动交出购物卡。",
        "reflection": "已提交忏悔书。",
        "property": "暂扣购物卡两张。",
        "proposal": "建议给予党内严重警告、政务记过处分。",
        "basis": "《中国共产党纪律处分条例》第一百三十三条。",
        "sign": True,
    }


def _accept(s: Scene) -> Answers:
    checked = ["report", "evidence", "facts", "property", "procedure"]
    return {"acceptance": "accept", "checked": checked, "sign": True}


def _assess(s: Scene) -> Answers:
    return {
        "review_opinion": "report",
        "assessment": "事实清楚，证据确凿，定性准确，程序合法。",
        "sign": True,
    }


def _review_talk(s: Scene) -> Answers:
    return {
        "talk": "held",
        "held_on": s.day.isoformat(),
        "place": "审理谈话室",
        "record": "承认主要事实，请求从轻处理。",
        "sign": True,
    }


def _reviewed(s: Scene) -> Answers:
    return {
        "facts": "二十三次未到现场核查即签字确认，收受购物卡两张，折款二千元。",
        "assessment": "书证、证人证言、本人陈述相互印证。",
        "outcome": "sanctioned",
        "party": "PD2",
        "administrative": "AD2",
        "reasons": "违反工作纪律、廉洁纪律，构成职务违法。",
        "sign": True,
    }


def _harm(s: Scene) -> Answers:
    return {
        "harm": ["promotion"],
        "rumour": "在本单位和服务对象中流传。",
        "proposal": "clear",
        "sign": True,
    }


def _others(s: Scene) -> Answers:
    return {"other_open": "no", "sign": True}


def _consent(s: Scene) -> Answers:
    return {
        "consent": "yes",
        "consented_on": s.day.isoformat(),
        "public": "yes",
        "wishes": "希望在本单位干部会议上说明。",
        "sign": True,
    }


def _clearing(s: Scene) -> Answers:
    return {
        "methods": ["written", "meeting"],
        "text": "经查，所反映的未到现场核查的问题不属实。",
        "audience": "本单位全体干部",
        "place": "本单位会议室",
        "sign": True,
    }


#: Step → what fills in its form; where they end, the demo's matters wait.
CASE: Mapping[str, Callable[[Scene], Answers]] = {
    "c1": _plan_verification,
    "c2": lambda s: {"progress": "已调取有关资料。", "next": "report"},
    "c3": _verified,
    "c3_sign": lambda s: {"sign": True},
    "d1": _judged,
    "c4": _file,
    "c4_decide": _filed,
    "c5": _announce,
    "c6": _plan_investigation,
    "hold_meeting": _meet,
    "c7": _investigate,
    "c8": _show,
    "c9": _report,
    "c10": _accept,
    "c10_panel": lambda s: {"panel": PANEL, "sign": True},
    "c11": _assess,
    "c11_talk": _review_talk,
    "c12": _reviewed,
    "e1": _harm,
    "e1_others": _others,
    "e2": _consent,
    "e3": _clearing,
}
