# Everything runs in .venv, created by the first target that needs it. Requires only Python >= 3.11 and make.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check -q install

.PHONY: demo run test check format pictures messages screens bench licences wheel lock clean .env.example
.DELETE_ON_ERROR:

demo: .venv/run  ## send the sample photo through the whole system and write demo.mp4
	@$(BIN)/photoplay animate adapters/web/samples/lake.jpg "slow push in, over the water towards the boat" \
		-o demo.mp4 --timeline

run: .venv/run  ## the worker and the web server, until SIGTERM
	@exec $(BIN)/photoplay run

# With bytecode, as workers and the processes that tests start would each compile everything again.
test: .venv/dev  ## the whole suite on all cores, or the tests in ARGS
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(if $(ARGS),$(ARGS),-n auto --dist worksteal)

check: .venv/dev  ## formatter, linter, types, house rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_house.py tests/test_documents.py

format: .venv/dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

pictures: .venv/dev  ## README's pictures of a conversation, the chat page and a gallery, from real replies
	@$(BIN)/python docs/conversation.py
	@$(BIN)/python -m docs.page
	@$(BIN)/python -m docs.gallery

messages: .venv/dev  ## the template for translators, from what bot/texts says
	@$(BIN)/pybabel -q extract --no-default-keywords -k _ -k _n:1,2 --add-location=file --sort-output --no-wrap \
		--project=Photoplay --version= -o bot/locale/photoplay.pot bot/texts
	@sed -i.dated '/^"POT-Creation-Date/d' bot/locale/photoplay.pot
	@rm bot/locale/photoplay.pot.dated

screens: .venv/dev  ## screenshots of every state of every page (phone, wide, light, dark), into screens/
	@SCREENS=$(CURDIR)/screens $(BIN)/python -m pytest -q tests/whole/test_screens.py tests/whole/test_screens_chat.py \
		tests/whole/test_crop_browser.py tests/whole/test_deletion_browser.py tests/whole/test_chips_browser.py \
		tests/whole/test_gallery_browser.py tests/whole/test_operator_browser.py -k 'screens or looks_right or report'

.env.example: .venv/dev  ## every setting, to begin with
	@$(BIN)/python -m docs.env_example

licences: .venv/dev  ## docs/licences.md, from the packages that are installed
	@$(BIN)/python -m docs.licences

bench: .venv/dev  ## the figures of README's performance table
	@$(BIN)/python -m bench

wheel: .venv/dev  ## the wheel and the source archive, in dist/
	@$(BIN)/uv build -q --no-build-isolation --python $(BIN)/python -o dist

lock: .venv/dev  ## pin the dependencies of pyproject.toml, with hashes and without index URLs
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate pyproject.toml requirements/build.in -o requirements/run.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate --extra dev pyproject.toml requirements/build.in -o requirements/dev.txt

clean:
	rm -rf .venv build dist *.egg-info

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Photoplay needs Python 3.11 or newer; say which: make PYTHON=python3.12 ...")'
	@echo "Setting up .venv (once) ..."
	@$(PYTHON) -m venv .venv

# The stamp of dev also satisfies run, so that "make test" and then "make demo" install once.
.venv/run: .venv/bin/python requirements/run.txt pyproject.toml
	@$(INSTALL) --require-hashes -r requirements/run.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/bin/python requirements/dev.txt pyproject.toml
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch .venv/run $@
