"""What the demo's people write into the forms of the clue-transfer process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from server.demo.case_answers import CASE
from server.demo.scene import Answers, Scene


def answer_to(element_id: str) -> Callable[[Scene], Answers]:
    """Return what fills in the form of a step."""
    return _ANSWERS[element_id]


def knows(element_id: str) -> bool:
    """Whether the demo's people do a step; what they do not know waits where it came to."""
    return element_id in _ANSWERS


def _receive(s: Scene) -> Answers:
    if not s.fate.complete and s.times == 0:
        return {
            "complete": "no",
            "missing": "缺少行政处罚决定书和询问笔录复印件，请补正。",
            "sign": True,
        }
    duplicate = s.fate.duplicate if s.earlier else "none"
    found = {
        "complete": "yes",
        "secrecy": "C",
        "competence": s.fate.competence,
        "duplicate": duplicate,
        "sign": True,
    }
    if s.fate.competence == "no":
        found["competent_body"] = s.chance.choice(("东湖区纪委监委", "南桥县纪委监委", "省纪委监委"))
    if duplicate != "none":
        found["duplicate_of"] = s.earlier
    return found


def _split(s: Scene) -> Answers:
    return {
        "other_goes": "letter",
        "to_body": s.chance.choice(("东湖区纪委监委", "南桥县纪委监委", "市公安局")),
        "facts_kept": "反映其履行监管职责不力，接到举报后未组织核查的问题。",
        "facts_other": "反映企业人员及下属单位人员涉嫌违法的问题。",
        "subjects_kept": list(s.subjects),
        "subjects_other": list(s.subjects),
        "reason": "所移送事项部分属其他机关管辖，须分别办理。",
        "sign": True,
    }


def _complete(s: Scene) -> Answers:
    return {"added": "已补充行政处罚决定书、询问笔录共 12 页。", "head_sign": "周某某"}


def _receipt(s: Scene) -> Answers:
    return {"sign_name": s.chance.choice(("吴某某", "郑某某")), "sign": True}


def _letter(s: Scene) -> Answers:
    return {
        "letter_kind": "transfer",
        "to_body": "东湖区纪委监委",
        "letter_text": "来函所反映的人员属你单位管辖，现将有关材料移送，请依规依纪依法处理。",
    }


def _letter_approval(s: Scene) -> Answers:
    if s.once("letter_return"):
        return {"decision": "return", "opinion": "请写明管辖依据后再报。", "sign": True}
    return {"decision": "agree", "sign": True}


def _letter_receipt(s: Scene) -> Answers:
    found = {"objection": s.fate.objection, "sign_name": "王某某"}
    if s.fate.objection == "yes":
        found["objection_text"] = "被反映人现任职务由市委管理，建议由你委办理。"
    return found


def _joint_meeting(s: Scene) -> Answers:
    return {
        "held_on": s.day.isoformat(),
        "body": "管辖会商会议",
        "present": "案件监督管理室\n移送单位法规科",
        "opinions": "案件监督管理室：按干部管理权限确定管辖。\n移送单位：同意。",
        "joint_result": s.fate.joint_result,
        "resolution": "会议对管辖问题形成一致意见。",
    }


def _register(s: Scene) -> Answers:
    found: Answers = {
        "category": s.fate.category,
        "tags": s.chance.sample(["TG02", "TG03", "TG05", "TG06", "TG07"], 1),
        "summary": "反映其在任职期间不正确履行职责，详见移送单。",
        "management": s.fate.management,
        "major": "yes" if s.fate.major else "no",
    }
    if s.fate.major:
        found["major_signs"] = s.chance.sample(["death", "ongoing", "media", "flight"], 2)
    return found


def _urgent(s: Scene) -> Answers:
    return {"order": "立即核实现场情况，固定证据，防止危害扩大，每日报告进展。", "sign": True}


def _reporter_told(s: Scene) -> Answers:
    return {
        "told_on": s.day.isoformat(),
        "told_way": s.chance.choice(("written", "phone")),
        "text": "您反映的问题已按程序处理。",
        "objection": "no",
    }


def _reporter_result(s: Scene) -> Answers:
    found = {**_reporter_told(s), "evidence": s.fate.evidence if s.times == 0 else "no"}
    found["text"] = "您反映的问题已办结，处理结果告知如下。"
    if found["evidence"] == "yes":
        found["evidence_text"] = "补充提交了转账记录和照片。"
    return found


def _evidence(s: Scene) -> Answers:
    return {"outcome": "stands", "reasons": "所提材料此前已经核查，不影响原结论。", "sign": True}


def _accept(s: Scene) -> Answers:
    return {"accepted": "yes", "opinion": "属本机关管理的干部，予以受理。", "sign": True}


def _jurisdiction(s: Scene) -> Answers:
    return {
        "ordered_by": "省纪委监委",
        "order_no": f"省纪管〔{s.day.year}〕{s.chance.randint(1, 60)} 号",
        "ordered_on": s.day.isoformat(),
        "effect": "leave",
        "to_body": "西山区纪委监委",
        "sign": True,
    }


def _report(s: Scene) -> Answers:
    return {
        "report_no": f"示纪报〔{s.day.year}〕{s.chance.randint(1, 60)} 号",
        "reported_on": s.day.isoformat(),
        "result": "经核查，反映的问题不属实，予以了结。",
        "sign": True,
    }


def _extension(s: Scene) -> Answers:
    return {"decision": "agree", "sign": True}


def _extension_told(s: Scene) -> Answers:
    number = f"示纪报〔{s.day.year}〕{s.chance.randint(1, 60)} 号"
    return {"reported_on": s.day.isoformat(), "document_no": number, "sign": True}


def request_for_time() -> Answers:
    """Return how a handler asks for an extension."""
    asked = {"rule": "T08", "act": "extend", "n": 2, "extension_reason": "person_unavailable"}
    return {**asked, "reason": "关键知情人外出未归，相关账目尚待调取。", "sign": True}


def _distribution_opinion(s: Scene) -> Answers:
    proposed = s.proposed
    if s.times and "redistribute" in s.fate.detours:
        proposed = "JD2" if proposed == "JD1" else "JD1"
    return {"to_office": proposed, "reason": "按联系单位和问题类别，建议由该室承办。"}


def _distribution_approval(s: Scene) -> Answers:
    if s.once("a7_return"):
        return {"decision": "return", "opinion": "请商第二监督检查室后再报。", "sign": True}
    return {"decision": "agree", "sign": True}


def _assign(s: Scene) -> Answers:
    if s.once("redistribute"):
        return {"taken": "no", "reason": "本室三名承办人均与该单位有工作交集，建议改分。"}
    return {"taken": "yes", "handlers": s.chance.sample(s.office, 2), "recusal_checked": True}


def _declare(s: Scene) -> Answers:
    if s.once("recusal"):
        return {
            "recusal": "yes",
            "grounds": "relative",
            "grounds_text": "与被反映人系近亲属。",
            "sign": True,
        }
    return {"recusal": "no", "sign": True}


def _study(s: Scene) -> Answers:
    way = s.fate.way if s.fate.way != "JN" or s.earlier else "DW4"
    found = {
        "way": way,
        "reasons": _REASONS[way],
        "plan": "由两名承办人负责，按时限要求办理，重要情况及时报告。",
        "risk": "风险可控。",
        "held_on": s.day.isoformat(),
        "body": "室务会",
        "present": list(s.office),
        "opinions": "与会人员一致同意承办人意见。",
        "resolution": "同意承办人提出的处置意见，按程序报批。",
    }
    if way == "JN":
        found["join_to"] = s.earlier
    return found


_REASONS = {
    "DW1": "反映的问题具有一般性，可通过谈话函询了解核实。",
    "DW2": "反映的问题具体，有可查性，建议初步核实。",
    "DW3": "关联案件尚未查清，暂不具备核查条件。",
    "DW4": "经研究，反映的问题笼统且不具备可查性。",
    "JN": "与已受理线索系同一事实，建议并入办理。",
}


def _opinion(detour: str, decision: str) -> Callable[[Scene], Answers]:
    def opine(s: Scene) -> Answers:
        if s.once(detour):
            return {"decision": decision, "opinion": "事实研判不充分，请补充后再报。", "sign": True}
        return {"decision": "agree", "sign": True}

    return opine


def _committee(s: Scene) -> Answers:
    return {
        "decision": "agree",
        "decided_on": s.day.isoformat(),
        "opinion": "同意。",
        "document_no": f"示例〔{s.day.year}〕{s.chance.randint(10, 99)} 号",
    }


def _hold(s: Scene) -> Answers:
    wait = 30 if "review" in s.fate.detours else 180
    return {
        "hold_reason": "waiting_case",
        "reason_text": "关联案件正在审查调查。",
        "review_on": (s.day + timedelta(days=wait)).isoformat(),
        "reopen_condition": "关联案件查清后重新研究。",
    }


def _plan(s: Scene) -> Answers:
    return {
        "mode": "talk",
        "talks_to": [s.subjects[0]],
        "interviewers": list(s.office[:2]),
        "questions": "请就反映的问题逐项说明情况。",
        "place": "谈话室一",
        "safety_plan": "谈话全程二人在场，谈话室备有急救药品。",
        "sign": True,
    }


def _talk(s: Scene) -> Answers:
    return {
        "held_on": s.day.isoformat(),
        "begun": "14:30",
        "ended": "15:40",
        "rights_told": True,
        "recusal_asked": True,
        "record": "围绕反映的问题逐项询问，本人作了回答。",
        "statement": "本人对有关问题作了说明，并提供了材料。",
        "signed": "yes",
        "finished": "yes",
        "sign": True,
    }


def _inquiry_report(s: Scene) -> Answers:
    one = {"subject": s.subjects[0], "category": s.fate.category, "text": "反映的主要问题。"}
    return {
        "allegations": [{**one, "finding": "unproven", "basis": "本人说明有材料印证，未发现相反证据。"}],
        "facts_found": "经谈话，未发现违纪事实。",
        "assessment": "说明可信，建议予以采信了结。",
        "proposal": "accept",
        "sign": True,
    }


def _served(s: Scene) -> Answers:
    return {
        "recipient": "本人",
        "served_on": s.day.isoformat(),
        "method": "direct",
        "received_by": "self",
        "sign": True,
    }


def _explained(s: Scene) -> Answers:
    return {
        "explained_on": s.day.isoformat(),
        "explanation": "已在民主生活会上作出说明。",
        "archived": True,
        "sign": True,
    }


def _signed_second(s: Scene) -> Answers:
    return {"second": "signed", "sign": True}


def _close(s: Scene) -> Answers:
    return {"close_reason": "vague", "reason_text": "反映笼统，不具备可查性，予以了结。"}


def _feedback(s: Scene) -> Answers:
    return {"text": "你单位移送的线索已办结。", "told_on": s.day.isoformat(), "told_way": "written"}


def _transfer_out(s: Scene) -> Answers:
    return {
        "to_body": "西山区纪委监委",
        "letter_text": "根据指定管辖决定，现将该线索移交你委办理。",
        "order_no": f"示纪管〔{s.day.year}〕{s.chance.randint(1, 60)} 号",
    }


_ANSWERS: Mapping[str, Callable[[Scene], Answers]] = {
    "a3": _receive,
    "a3_accept": _accept,
    "a3_split": _split,
    "a1_fix": _complete,
    "a3_sign": _receipt,
    "a4": _letter,
    "a4_approve": _letter_approval,
    "a4_sign": _letter_receipt,
    "a4_meet": _joint_meeting,
    "a5": _register,
    "a5_tell": _reporter_told,
    "a6": _urgent,
    "a7": _distribution_opinion,
    "a7_approve": _distribution_approval,
    "a8": _assign,
    "a8_sign": _declare,
    "a9": _study,
    "x6_order": _jurisdiction,
    "x6_letter": _transfer_out,
    "x6_tell": _reporter_told,
    "b_report": _report,
    "e_approve": _extension,
    "e_told": _extension_told,
    "a10_a2": _opinion("a10_a2_return", "return"),
    "a10_a3": _opinion("a10_a3_refuse", "refuse"),
    "a10_a4": _opinion("a10_a4_return", "return"),
    "a10_a5": _committee,
    "a11": _hold,
    "b1": _plan,
    **dict.fromkeys(("approve_a2", "approve_a3", "approve_a4"), _opinion("", "agree")),
    "b3t": _talk,
    "sign_second": _signed_second,
    "b4": _inquiry_report,
    "deliver": _served,
    "b5": _explained,
    **CASE,
    "a12": _close,
    "a13": _feedback,
    "a13_joined": _feedback,
    "a13_tell": _reporter_result,
    "a13_check": _evidence,
}
