# make        set up .venv, release and grade the problem sets, build the book, say where to look
# make test   every test         make lint   ruff and mypy      make coverage  what no test runs
# make serve  the book at http://127.0.0.1:8000      make lab   the released problem sets in JupyterLab
# make claims every claim of the book under other arithmetics and seeds (an hour; a run is kept)
# make bench  the ratio tables of benchmarks/        make clean remove what was generated
# make doctor what is there, what is missing and what that costs
# Another Python: make setup PYTHON=python3.13 VENV=.venv313      PyTorch with CUDA: TORCH=cuda

SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS ?= 1
.DELETE_ON_ERROR:
.PHONY: all setup doctor grade book claims test coverage lint serve lab bench clean

all: setup
	@$(BIN)/python book/beside.py $(MAKE) --no-print-directory grade
	@$(BIN)/python book/build.py; built=$$?; $(BIN)/cvlib-grade where --html _build/html; exit $$built

setup: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt .ci/setup.sh
	@bash .ci/setup.sh "$(PYTHON)" "$(VENV)"

doctor:
	@python=$(BIN)/python; [ -x "$$python" ] || python="$(PYTHON)"; "$$python" .ci/doctor.py "$(VENV)"

grade: setup
	@$(BIN)/cvlib-grade practice || [ $$? = 3 ]  # 3: no wall here, so nothing was graded, and it said so

book: setup
	@$(BIN)/python book/build.py

claims: setup
	@$(BIN)/python book/claims.py

test: setup
	@$(BIN)/python -m pytest -n 2

coverage: setup
	@mkdir -p _build/coverage && rm -f _build/coverage/data*
	@$(BIN)/coverage run -m pytest -q -n 2 tests/cvlib tests/check tests/assignments tests/grading
	@$(BIN)/coverage combine -q && $(BIN)/coverage report && $(BIN)/coverage html -q -d _build/coverage/html

lint: setup
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

serve: book
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

lab: setup
	@$(BIN)/cvlib-grade release && $(BIN)/jupyter lab _build/course/release

bench: setup
	@for script in $(filter-out %/suite.py,$(wildcard benchmarks/*.py)); do $(BIN)/python $$script || exit 1; done

clean:
	@rm -rf _build
