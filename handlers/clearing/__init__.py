"""After a finding of untrue, or an honest failure: clearing of a name, tolerance, false accusation (domain §3e).

`exonerating` up to the approval, `clarifying` from it on; `filing` beforehand, `tolerating` in a matter; `accusing`.
`eligibility`: who may be cleared; `counting`: the three counters; `facts`: what the papers may say.
"""
