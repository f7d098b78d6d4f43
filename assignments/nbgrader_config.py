"""Your course's settings for nbgrader; what grading relies on is set after this file.

Every option of https://nbgrader.readthedocs.io/en/stable/configuration/config_options.html can
stand here. A few that courses change:

    c.CourseDirectory.db_url = "postgresql+psycopg2://user:password@host/gradebook"
    c.LatePolicy.kind = "per_day"            # late work loses 10 % a day; see the guide
    c.LatePolicy.rate = 10.0
    c.JudgeSettings.cell_seconds = 30.0      # how long one cell may run
    c.JudgeSettings.session_seconds = 120.0  # how long one run of a notebook may take
"""

c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.CourseDirectory.course_id = "deep-computer-vision"
