"""What ``benchmarks/grading.py`` is made of.

``honest`` makes the class, ``stock`` the course a stock nbgrader would have, ``ours`` this
project's; ``cpu_time`` counts the processor time of a command and all it starts, ``floor`` what the
submissions' own code costs, and ``split`` says where the rest goes. ``table`` prints it.
"""
