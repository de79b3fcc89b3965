"""Forms: form-js JSON in, a tree of fields for the page, and a judgement of answers out.

Supported: textfield, textarea, number, datetime (date, datetime), checkbox, checklist, radio, select,
taglist, filepicker, dynamiclist, group, text, separator. Labels are plain text; English stands in
`properties` (`en`, `en_description`) and beside an option's label (`en`). Further properties: `target`
(`variable` or `record`), `earliest`, `latest` (`today`), `min_rows`, `max_rows`. The form's own titles are
`title` and `title_en`.

`validate` raises InvalidInput whose `fields` map a path (`name`, `subjects.0.name`) to a FieldError. Its
codes are: `required`; `unknown` (no such field); `type` (expected: text, number, boolean, list, date,
datetime, rows, row, option); `too_long` (max, length), `too_short` (min, length), `characters`,
`line_breaks`, `email`, `phone`; `min` (min), `max` (max), `integer`, `decimals` (decimals); `date`,
`datetime`, `earliest` (earliest), `latest` (latest); `option` (value), `options_missing` (table),
`repeated`; `too_many` (max), `file`; `rows_min` (min), `rows_max` (max).
"""

from workflows.errors import FieldError
from workflows.forms.checking import validate, visible
from workflows.forms.fields import Field, Form, Option, Options
from workflows.forms.reading import read
from workflows.forms.submission import accepts, display, parse_submission

__all__ = [
    "Field",
    "FieldError",
    "Form",
    "Option",
    "Options",
    "accepts",
    "display",
    "parse_submission",
    "read",
    "validate",
    "visible",
]
