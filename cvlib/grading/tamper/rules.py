"""What in a student's code a person should see, and why it may well be innocent.

Each rule reads one fact of ``facts.py``, as ``kind text``; the first that fits is taken. Rules are
evidence, never proof: a right answer stays right, and whatever they find changes no mark.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cvlib.grading.tamper.facts import Fact

TRYING = "somebody is finding out how a notebook works"
LIBRARY = "a recipe from the web, or code from a project of their own"
HOME = "a path of their own computer was left in"
INSTALL = "packages are installed or files fetched that are missing on their computer"


@dataclass(frozen=True)
class Rule:
    """A severity, an expression for ``kind text``, what it means and an innocent explanation."""

    severity: str
    pattern: str
    what: str
    innocent: str

    @functools.cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern)


def _rules(severity: str, *rows: tuple[str, str, str]) -> Iterator[Rule]:
    return (Rule(severity, *row) for row in rows)


RULES = (
    *_rules(
        "serious",
        (r"(?:hidden )?set (?:builtins|__builtins__|numpy\.testing|cvlib|nbgrader|IPython"
         r"|ipykernel)\b.*", "changes a module that checks or the notebook rely on", LIBRARY),
        (r"(?:hidden )?(?:use|set) .*\b(?:ast_transformers|input_transformers?_\w+"
         r"|input_transformer_manager|compile_class)\b.*",
         "changes how cells are read before they run", TRYING),
        (r"(?:hidden )?set .*\.(?:run_cell|run_cell_async|run_code|run_ast_nodes|run_line_magic"
         r"|displayhook|displayhook\.\w+|display_pub\.\w+)", "replaces how cells are run or shown",
         TRYING),
        (r"(?:hidden )?(?:use|set) .*\b(?:iopub_socket|iopub_thread|shell_handlers|control_handlers"
         r"|shell_stream|control_stream|get_parent|set_parent|parent_header|msg_types"
         r"|session\.send)\b.*", "speaks the protocol of the kernel", LIBRARY),
        (r"method __(?:eq|ne|lt|le|gt|ge|contains|bool|array_ufunc|array_function|instancecheck)__ "
         r"always true", "objects that claim to equal anything",
         "a stand-in for tests of their own"),
        (r"(?:hidden )?use (?:gc\.get_(?:objects|referrers|referents)|.*\.f_(?:back|locals|globals)"
         r"|.*\.__(?:subclasses|closure)__)\b.*", "looks into the memory of other functions",
         "debugging"),
        (r"(?:hidden )?(?:import|use) (?:ctypes|_ctypes|cffi)\b.*",
         "reaches below Python, into memory", "a faster routine in C"),
        (r"(?:hidden )?use os\.(?:kill|killpg|getppid|ptrace)\b.*",
         "looks for other processes, or ends them", LIBRARY),
        (r"(?:hidden )?(?:import|import by name|use) (?:cvlib\.grading|nbgrader)\b.*",
         "loads the grader itself", "they look at how the course is made"),
        (r"(?:hidden )?set sys\.(?:modules|meta_path|path_hooks|settrace|setprofile)\b.*",
         "changes how modules are found", LIBRARY),
        (r"(?:use|text) .*(?:gradebook\.db|nbgrader_config|\.result-key|receipts/|autograded/"
         r"|submitted/|(?:\.\./)+source\b|\bsource/ps\d\d|exercises\.py|mutants\.py).*",
         "names files of the grader", "they read the documentation of nbgrader, or its folders"),
        (r"hidden import .*", "an import inside a text that is run as code", LIBRARY),
    ),
    *_rules(
        "odd",
        (r"method __(?:array_ufunc|array_function|array_wrap|array_finalize|array_interface"
         r"|array_prepare|array|array_priority|instancecheck|subclasscheck|reduce|reduce_ex|class"
         r"|getattribute|del)__", "a hook by which objects answer for themselves",
         "an array or a number of their own, which is a fine exercise"),
        (r"base (?:numpy\.(?:ndarray|float\w*|int\w*|generic|matrix)|float|int|complex|type)",
         "a number or an array of their own kind", "they try out inheritance"),
        (r"(?:hidden )?(?:use|set) (?:sys\.displayhook|sys\.excepthook|.*\bdisplay_formatter\b.*"
         r"|.*\.display_pub\b.*|.*\.events\.register|.*\bset_custom_exc\b.*"
         r"|.*\b_render_traceback_\b.*)",
         "changes what the notebook shows", "tables or errors are to look nicer"),
        (r"(?:hidden )?(?:call|use) .*\b(?:run_cell|run_cell_async|run_code|ex|ev)\b",
         "runs a cell from within a cell", "a helper that repeats an experiment"),
        (r"(?:hidden )?use get_ipython\.kernel\b.*", "uses the kernel behind the notebook", TRYING),
        (r"(?:hidden )?use (?:.*\bhistory_manager\b.*|_ih\b.*|_oh\b.*)",
         "reads what was run before", "a log of their own work"),
        (r"(?:hidden )?use (?:os\._exit|signal\.\w+|resource\.setrlimit|atexit\.register"
         r"|os\.(?:fork|forkpty|setsid|abort)|faulthandler\.\w+)\b.*",
         "ends, outlives or detaches from the process", "a long run is to be stopped"),
        (r"(?:hidden )?(?:import|use) (?:subprocess|pty|os\.(?:system|popen|exec\w*|spawn\w*"
         r"|posix_spawn\w*))\b.*", "starts other programs", INSTALL),
        (r"(?:hidden )?(?:import|use) (?:socket|_socket|socketserver|ssl|ftplib|smtplib|telnetlib"
         r"|paramiko)\b.*", "opens connections", INSTALL),
        (r"(?:hidden )?use (?:sys\.(?:_getframe|settrace|setprofile|_current_frames)"
         r"|inspect\.(?:currentframe|stack|trace|getouterframes|getsource\w*))\b.*",
         "looks at who called it", "debugging"),
        (r"(?:hidden )?(?:use|set) .*\.__(?:globals|code|builtins|mro|bases|loader|spec)__\b.*",
         "looks into functions or modules", "debugging"),
        (r"(?:hidden )?use (?:__builtins__|sys\.modules|sys\.meta_path|sys\.path_hooks)\b.*",
         "looks into what is loaded", "they test whether a library is there"),
        (r"(?:import|use) (?:zipimport|zipfile|pkgutil|runpy|imp|importlib\.(?:util|machinery|abc"
         r"|resources|metadata))\b.*", "loads code or data in an unusual way", LIBRARY),
        (r"call (?:exec|eval|compile|__import__|importlib\.import_module|importlib\.__import__)",
         "runs or loads what a text says", "a formula was typed in as a text"),
        (r"(?:hidden )?use (?:.*\.do_shutdown|.*\.ask_exit|os\.closerange|os\.dup2?)\b.*",
         "ends or cuts off the kernel", TRYING),
        (r"(?:import|use) cvlib\.check\.(?!check\b|personal\b).*|text .*\bpublic_cases\.json\b.*",
         "uses the insides of the check", "they look at the public cases"),
        (r"text (?s:.*)(?:<\s*script\b|<\s*iframe\b|\bonerror\s*=|javascript:)(?s:.*)",
         "HTML that would act in a browser", "an example from the web"),
        (r"blob .*", "a long coded text", "a picture, or weights of a trained network"),
        (r"(?:hidden )?set (?:numpy|torch|scipy|math|random|sys|os|time|warnings|json|types"
         r"|inspect)\.(?!backends\b|dont_write_bytecode)[\w.*]+",
         "changes a library for everybody who uses it", "a setting, or an experiment"),
        (r"(?:use|text) (?:/proc\b|/sys/|/etc\b|/dev/shm|/root\b|/opt\b|/var/).*",
         "names a place of the machine", "they looked how many processors there are"),
    ),
    *_rules(
        "note",
        (r"use (?:sys\.exit|exit|quit|os\.abort)", "stops the notebook",
         "an unfinished part was to be skipped"),
        (r"method __(?:float|int|index|complex|round|bool|eq|ne|lt|le|gt|ge|hash)__",
         "objects that say themselves what they are worth", "a class of numbers"),
        (r"import (?:threading|multiprocessing|concurrent|asyncio|joblib)\b.*",
         "runs things at the same time", "their code was slow"),
        (r"import (?:urllib|requests|http|httpx|wget|gdown)\b.*", "fetches something", INSTALL),
        (r"import (?:pickle|marshal|shelve|dill|base64|codecs|binascii)\b.*",
         "packs or unpacks data", "results were kept for later"),
        (r"magic (?:!\w*|%%?(?:bash|sh|system|script|writefile|run|load|capture|javascript|js|html"
         r"|perl|ruby|cmd))", "a command outside Python", INSTALL),
        (r"text (?:/[\w.-]+/.*|[A-Za-z]:\\.*|~/.*)", "a path outside the notebook's folder", HOME),
        (r"text \.\./.*", "a path above the notebook's folder", "their data lies there"),
        (r"set check", "gives the name check another meaning",
         "a helper of theirs has that name"),
        (r"use .*\bast_node_interactivity\b", "shows every value of a cell", "a common setting"),
    ),
)  # fmt: skip


def judge_fact(fact: Fact) -> Rule | None:
    """The first rule that fits a fact."""
    words = f"{fact.kind} {fact.text}".replace("\n", " ")
    return next((rule for rule in RULES if rule.compiled.fullmatch(words)), None)


def withheld_import(fact: Fact, withheld: tuple[str, ...], *, answer: bool) -> Rule | None:
    """A rule for an import of what an exercise withholds; ``answer``: it stands in a solution."""
    name = fact.text
    if "import" not in fact.kind or not any(
        name == w or name.startswith(f"{w}.") for w in withheld
    ):
        return None
    if fact.kind not in ("import", "import if possible"):
        return Rule("serious", "", f"a hidden import of {name}, which this exercise withholds",
                    "a way around an import that failed")  # fmt: skip
    own = name.startswith("cvlib.")
    level = "note" if fact.kind == "import if possible" or not (answer or own) else "odd"
    return Rule(level, "", f"imports {name}, which this exercise withholds",
                "they compare their result with a library's")  # fmt: skip
