"""Dual investigation (一案双查, domain §3d): judgments, accountability inquiries, their counts.

`judging`: whether the leadership behind a case is looked at; `starting`, `inquiring`, `deciding`: the inquiry;
`counting`: its figures, apart from those of the source case. `suspending`: who is suspended by its decision (停职检查).
"""

from handlers.accountability.model import DualJudgement, DutyOwner, Inquiry, InquiryMember

__all__ = ["DualJudgement", "DutyOwner", "Inquiry", "InquiryMember"]
