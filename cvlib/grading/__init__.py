"""The instructor's room: specifications of exercises, the sandbox, the judge and the gradebook."""

import sys

# jsonschema, which every notebook library imports, would otherwise spend 1.5 s on building a
# grammar of internationalised addresses; without it that one check, which nothing asks for, is off.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
