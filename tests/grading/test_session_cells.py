"""Cells run in a real kernel as in a notebook, and whatever they show is bounded."""

from __future__ import annotations

import textwrap
import time

import pytest
from talk import define

from cvlib.grading.sandbox.outputs import MAX_TEXT
from cvlib.grading.sandbox.session import Session


class TestRun:
    def test_outputs_are_those_of_a_notebook(self, session: Session) -> None:
        source = """
            import sys
            print("one"); print("two")
            print("careful", file=sys.stderr)
            display({"text/html": "<b>bold</b>", "application/javascript": "alert(1)"}, raw=True)
            6 * 7
        """
        result = session.run(textwrap.dedent(source), timeout=30)
        assert result.status == "ok"
        assert result.error == ""
        assert isinstance(result.execution_count, int)
        assert result.outputs == [
            {"output_type": "stream", "name": "stdout", "text": "one\ntwo\n"},
            {"output_type": "stream", "name": "stderr", "text": "careful\n"},
            {"output_type": "display_data", "data": {"text/html": "<b>bold</b>"}, "metadata": {}},
            {
                "output_type": "execute_result",
                "data": {"text/plain": "42"},
                "metadata": {},
                "execution_count": result.execution_count,
            },
        ]

    def test_a_figure_comes_as_an_image(self, session: Session) -> None:
        source = "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])"
        result = session.run(source, timeout=60)
        assert result.status == "ok", result.error
        (figure,) = [o for o in result.outputs if o["output_type"] == "display_data"]
        assert set(figure["data"]) == {"text/plain", "image/png"}

    @pytest.mark.parametrize(
        ("source", "error"),
        [
            ("1 / 0", "ZeroDivisionError: division by zero"),
            ("def f(:", "SyntaxError: invalid syntax"),
            ("raise ValueError('a\\n' * 1000)", "ValueError: a a a"),
            ("raise KeyboardInterrupt", "KeyboardInterrupt:"),
            ("raise type('E' * 5000, (Exception,), {})", "EEEE"),
        ],
    )
    def test_an_error_is_one_line(self, session: Session, source: str, error: str) -> None:
        result = session.run(source, timeout=30)
        assert result.status == "error"
        assert result.error.startswith(error)
        assert "\n" not in result.error
        assert len(result.error) <= 500
        assert result.outputs[-1]["output_type"] == "error"
        assert session.run("1", timeout=30).status == "ok"

    def test_text_that_no_file_can_hold_is_mended(self, session: Session) -> None:
        result = session.run("print('\\ud800 \\udfff'); '\ud800'", timeout=30)
        for output in result.outputs:
            str(output).encode()

    def test_long_output_is_shortened_not_failed(self, session: Session) -> None:
        source = "for k in range(300): print('x' * 100_000)\n'y' * 10_000_000"
        result = session.run(source, timeout=60)
        assert result.status == "ok"
        assert MAX_TEXT <= sum(len(str(o)) for o in result.outputs) < MAX_TEXT + 5000
        assert "left out" in str(result.outputs[-1]) or "left out" in str(result.outputs[0])
        assert session.run("print('again')", timeout=30).outputs[0]["text"] == "again\n"

    def test_many_large_images_are_left_out(self, session: Session) -> None:
        source = "for _ in range(300): display({'image/png': 'A' * 1_000_000}, raw=True)"
        result = session.run(source, timeout=60)
        assert result.status == "ok"
        assert sum(len(str(o)) for o in result.outputs) < 3_000_000

    def test_a_forged_message_is_at_most_a_strange_output(self, session: Session) -> None:
        source = """
            kernel = get_ipython().kernel
            def publish(kind, content):
                kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent())
            publish("stream", {"name": 3, "text": {"a": 1}})
            publish("stream", {"text": "forged"})
            publish("display_data", {"data": [1, 2], "metadata": 7})
            publish("execute_result", {"data": {"text/plain": 5}, "execution_count": -1})
            publish("error", {"ename": [], "evalue": None, "traceback": "x"})
            publish("cvlib_answer", {"index": 0, "status": "ok"})
            publish("comm_open", {"comm_id": [], "data": None})
            publish("unknown", {})
        """
        result = session.run(textwrap.dedent(source), timeout=30)
        assert result.status == "ok"
        for output in result.outputs:
            assert output["output_type"] in {"stream", "display_data", "execute_result", "error"}
            assert all(isinstance(v, str) for v in output.get("data", {}).values())
        assert "forged" in str(result.outputs)


def test_what_is_written_past_python_is_shown(session: Session) -> None:
    source = """
        import os, subprocess, sys
        os.write(1, b"from the descriptor\\n")
        subprocess.run([sys.executable, "-c", "import sys; sys.exit('from a program')"])
        if os.fork() == 0:
            print("from a child", flush=True)
            os._exit(0)
        _ = os.wait()
    """
    shown = str(session.run(textwrap.dedent(source), timeout=30).outputs)
    for words in ("from the descriptor", "from a program", "from a child"):
        assert words in shown
    assert session.run("print('and on')", timeout=30).outputs[0]["text"] == "and on\n"


def test_what_a_task_prints_between_cells_is_no_trouble(session: Session) -> None:
    source = """
        import asyncio
        async def late():
            await asyncio.sleep(0.05)
            print("late")
            return 7
        task = asyncio.get_running_loop().create_task(late())
    """
    define(session, source)
    time.sleep(0.2)
    assert session.run("await task", timeout=20).outputs[-1]["data"] == {"text/plain": "7"}


def test_a_cell_with_quit_ends_nothing(session: Session) -> None:
    for source in ("quit", "exit()", "get_ipython().kernel.do_shutdown(False)"):
        assert session.run(source, timeout=20).status == "ok"
        time.sleep(0.2)
        assert session.run("print('on')", timeout=20).outputs[0]["text"] == "on\n"


def test_cells_may_await_time_and_err_on_their_line(session: Session) -> None:
    awaited = session.run("import asyncio\nawait asyncio.sleep(0)\n5", timeout=20)
    assert (awaited.status, awaited.outputs[-1]["data"]) == ("ok", {"text/plain": "5"})
    assert session.run("%%time\n3", timeout=20).outputs[-1]["data"] == {"text/plain": "3"}
    wrong = session.run("def g():\n    return 1 / 0\n\n\ng()", timeout=20)
    assert wrong.error == "ZeroDivisionError: division by zero"
    trace = "\n".join(wrong.outputs[-1]["traceback"])
    assert "In[" in trace
    assert "return" in trace


def test_the_same_cell_again_under_another_transformer(session: Session) -> None:
    source = """
        shell = get_ipython()
        shell.input_transformers_post.append(
            lambda lines: [line.replace("'old'", "'new'") for line in lines])
        'old'
    """
    values = [session.run(textwrap.dedent(source), timeout=20).outputs for _ in range(2)]
    session.run("shell.input_transformers_post.clear()", timeout=20)
    assert [v[-1]["data"]["text/plain"] for v in values] == ["'old'", "'new'"]
