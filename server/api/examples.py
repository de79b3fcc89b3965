"""Bodies as they are sent, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

TRANSFER: dict[str, Any] = {
    "legal_basis": "supervision_law",
    "domain": "ecology",
    "subjects": [
        {"kind": "person", "name": "钱某某", "unit": "东湖区城市管理局", "post": "副局长", "rank": "RK10"}
    ],
    "facts": "2025 年 3 月至 6 月，在河道清淤工程验收中，未到现场核查即签字确认，致使虚报工程量。",
    "event_from": "2025-03-01",
    "event_to": "2025-06-30",
    "amount": 186000.5,
    "materials": ["f4e0489a-93dc-4135-bddc-ca790d2273f2"],
    "urgency": "normal",
    "named": "no",
    "contact": "宋移送 0512-65430000",
    "head_sign": "周局长",
}
RECEIPT: dict[str, Any] = {"sign_name": "宋移送", "sign": True}
LETTER: dict[str, Any] = {"objection": "yes", "objection_text": "主要事实属职务违法。", "sign_name": "宋移送"}
COMPLETION: dict[str, Any] = {"added": "补充现场照片和询问笔录。", "head_sign": "周局长"}
CLOSING: dict[str, Any] = {"kind": "batch", "head_sign": "周局长", "sign": True}
