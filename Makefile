# SPDX-License-Identifier: Apache-2.0
#
#   make                 build/ekube: fully static, stripped (installs missing packages when root)
#   make test            everything: unit, sim, fault, cases, e2e, fuzz (closing line: N passed, N failed)
#   make unit            unit tests;  L=obj: one layer;  T=test/unit/obj/test_json.c: one program
#   make cases e2e fuzz  the other stages;  fuzz: with clang's engine where there is clang
#   make bench demo      measure; run a sample application on a one-node cluster
#   make lint            format, layers, headers, banned functions, clang, clang-tidy;  L=obj, STEP="clang tidy"
#   make vendor-bump LIB=openssl    pin what the Debian archive offers today
#
#   O=build              all output is below this directory
#   SAN=address,undefined           sanitizers (glibc, dynamic);  LIBC=glibc  to compare with musl
#   CROSS=aarch64-linux-gnu         another machine's binary
#
# Building one layer's tests compiles that layer and those below it (src/LAYERS), nothing else.

VERSION := 0.1.0

SAN   ?=
LIBC  ?= $(if $(SAN),glibc,musl)
CROSS ?=
comma := ,
O     ?= build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))$(if $(CROSS),/$(CROSS))

Q := $(if $(V),,@)
say = @printf '  %-5s %s\n' $1 $2

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.PHONY: all FORCE
all: $(O)/ekube

# ---- libraries: built once from pinned source into a cache outside the tree (vendor/README.md) ----
# vendor-musl.mk tells the compiler (VENDOR_CC), the libraries (VENDOR_LIBS) and where each is (DIR_x).
ifeq ($(filter clean vendor-bump,$(MAKECMDGOALS)),)
$(O)/vendor-$(LIBC).mk: vendor/build vendor/toolchain.sh vendor/pins $(wildcard vendor/recipes/*.sh vendor/*.c)
	@scripts/install-deps build $(if $(CROSS),cross)
	@mkdir -p $(@D)
	@LIBC=$(LIBC) CROSS=$(CROSS) vendor/build --mk >$@.tmp && mv $@.tmp $@
include $(O)/vendor-$(LIBC).mk
endif

$(foreach l,$(VENDOR_LIBS),$(DIR_$l)/.done): %/.done:
	@LIBC=$(LIBC) CROSS=$(CROSS) vendor/build $(firstword $(foreach l,$(VENDOR_LIBS),$(if $(filter $*,$(DIR_$l)),$l)))

ARCHIVE_openssl := libssl.a libcrypto.a
ARCHIVE_zlib    := libz.a
archive_of = $(addprefix $(DIR_$1)/lib/,$(or $(ARCHIVE_$1),lib$1.a))
with_needs = $(sort $1 $(foreach l,$1,$(NEEDS_$l)))

.PHONY: vendor vendor-bump
vendor: $(foreach l,$(VENDOR_LIBS),$(DIR_$l)/.done)
vendor-bump:
	@vendor/fetch bump $(or $(LIB),$(error which library? make vendor-bump LIB=openssl))

# ---- compiler and flags ----
ifeq ($(origin CC),default)
CC := $(VENDOR_CC)
endif
CCACHE := $(shell command -v ccache)

WARN := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wformat=2 -Wundef -Wvla \
	-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings \
	-Werror=implicit-function-declaration -Werror=int-conversion -Werror=incompatible-pointer-types
# Not position independent: a static PIE relocates itself at start, which dirties pages of every
# process. No unwind tables, as in vendor/toolchain.sh. The two 64s matter on 32-bit machines.
CPPFLAGS := -Iinclude -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -DEK_VERSION='"$(VERSION)"'
CFLAGS   := -std=gnu17 $(if $(SAN),-O1,-Os) -g $(WARN) $(WERROR) -fno-pie -fno-common \
	-ffunction-sections -fdata-sections -fstack-protector-strong
LDFLAGS  := -no-pie -Wl,--gc-sections -Wl,--build-id=none -Wl,--wrap=phr_parse_request
ifeq ($(SAN),)
CFLAGS   += -fno-asynchronous-unwind-tables -fno-unwind-tables
LDFLAGS  += -static
else
CFLAGS   += -fsanitize=$(SAN) -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS  += -fsanitize=$(SAN)
endif

compile = $(Q)mkdir -p $(@D) && $(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
link = $(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) \
	-Wl,--start-group $(filter %.a,$^) $(foreach l,$(call with_needs,$(LIBS)),$(call archive_of,$l)) \
	-Wl,--end-group $(EXTRA_LIBS) $(LINK_ENGINE)
EXTRA_LIBS := $(if $(filter glibc,$(LIBC)),-lpthread -lm -ldl -lrt)

# Changed only when its content changes: a new compiler, flag or library recompiles what it must.
FLAGS := $(subst ','\'',$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(foreach l,$(VENDOR_LIBS),$(DIR_$l)))
$(O)/flags: FORCE
	@mkdir -p $(@D) && echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@

$(O)/obj/%.o: %.c $(O)/flags
	$(call say,CC,$<)
	$(compile)

# ---- the shim: a tiny static program of its own, carried inside ekube ----
SRC_shim := $(wildcard src/node/shim/*.c)
OBJ_shim := $(SRC_shim:%.c=$(O)/shim.o/%.o)
$(O)/shim.o/%.o: %.c $(O)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(VENDOR_CC) $(filter-out -g,$(filter-out -fsanitize=% -fno-sanitize%,$(CPPFLAGS) $(CFLAGS))) -Os \
		-Isrc/node/shim -MMD -MP -c $< -o $@
$(O)/shim: $(OBJ_shim)
	$(call say,LD,$@)
	$(Q)$(VENDOR_CC) -static -no-pie -s -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,norelro \
		-Wl,-z,noseparate-code -o $@ $^
# ek_shim_start .. ek_shim_end: the bytes that src/node writes into the runtime directory
$(O)/shim-blob.o: $(O)/shim
	$(Q)printf '%s\n' '.section .rodata.shim,"a"' '.globl ek_shim_start,ek_shim_end' '.balign 16' \
		'ek_shim_start:' '.incbin "$<"' 'ek_shim_end:' '.byte 0' '.section .note.GNU-stack,"",%progbits' \
		| $(CC) -x assembler -c - -o $@
BLOB_node := $(if $(SRC_shim),$(O)/shim-blob.o)
$(O)/node.a: $(BLOB_node)

# ---- layers: one archive each; which layers each may see is read from src/LAYERS ----
$(foreach l,$(shell sed -n '/^[a-z]*:/ { s/ *#.*//; s/[: ][ ]*/,/g; p }' src/LAYERS),\
	$(eval LAYERS += $(firstword $(subst $(comma), ,$l)))\
	$(eval USES_$(firstword $(subst $(comma), ,$l)) := $(subst $(comma), ,$l)))

# The libraries whose headers a layer may see; no other folder can even include them.
LIBS_loop   := uv curl openssl
LIBS_crypto := openssl
LIBS_obj    := yaml
LIBS_store  := sqlite3
LIBS_api    := h2o openssl uv yaml zlib
LIBS_node   := archive seccomp cap
LIBS_cli    := $(filter-out check,$(VENDOR_LIBS))

ready = $(foreach l,$(call with_needs,$1),$(DIR_$l)/.done)
headers = $(foreach l,$1,-isystem $(DIR_$l)/include)

define LAYER_RULES
SRC_$1 := $(filter-out src/node/shim/%,$(wildcard src/$1/*.c src/$1/*/*.c))
OBJ_$1 := $$(SRC_$1:%.c=$(O)/obj/%.o)
# what a program of this layer links: the layer, all below it, and their libraries
BELOW_$1 := $(sort $(USES_$1) $(foreach u,$(filter-out $1,$(USES_$1)),$(BELOW_$u)))
ALL_LIBS_$1 := $$(sort $$(foreach u,$$(BELOW_$1),$$(LIBS_$$u)))
$$(OBJ_$1): CPPFLAGS += -Isrc/$1 $(call headers,$(LIBS_$1))
$$(OBJ_$1): | $(call ready,$(LIBS_$1))
$(O)/$1.a: $$(OBJ_$1)
endef
$(foreach l,$(LAYERS),$(eval $(call LAYER_RULES,$l)))
archives = $(foreach l,$1,$(if $(SRC_$l)$(if $(filter node,$l),$(SRC_shim)),$(O)/$l.a))

$(O)/%.a:
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D) && rm -f $@ && $(CROSS:%=%-)ar rcs $@ $(filter %.o,$^)

# ---- the program ----
MAIN := $(wildcard src/cli/main.c)
$(O)/ekube: $(if $(MAIN),$(O)/ekube.debug)
ifeq ($(MAIN),)
	@echo "nothing to link yet: there is no src/cli/main.c"
else
	$(call say,STRIP,$@)
	$(Q)$(CROSS:%=%-)strip -o $@ $<
endif
$(O)/ekube.debug: LIBS = $(ALL_LIBS_cli)
$(O)/ekube.debug: $(OBJ_cli) $(call archives,$(filter-out cli,$(LAYERS)))
	$(call say,LD,$@)
	$(link)
$(O)/obj/src/cli/version.o: CPPFLAGS += -DEK_COMMIT='"$(shell git rev-parse --short HEAD 2>/dev/null)"'

# ---- tests: test/<stage>/<layer>/test_x.c links that layer and those below, test/lib and Check ----
# Helpers in test/lib/*.c may use base only; those in test/lib/<layer>/*.c what that layer may.
define TEST_RULES
LIBOBJ_$1 := $(patsubst %.c,$(O)/obj/%.o,$(wildcard test/lib/$1/*.c) $(if $(filter base,$1),$(wildcard test/lib/*.c)))
TESTS_$1 := $(wildcard test/unit/$1/test_*.c test/unit/$1/*/test_*.c)
TESTOBJ_$1 := $$(TESTS_$1:%.c=$(O)/obj/%.o) $$(LIBOBJ_$1)
$$(TESTOBJ_$1): CPPFLAGS += -Isrc/$1 -Itest/lib $(call headers,check $(LIBS_$1))
$$(TESTOBJ_$1): | $(call ready,check $(LIBS_$1))
$(O)/testlib-$1.a: $$(LIBOBJ_$1)
TESTLIB_$1 := $$(if $$(LIBOBJ_$1),$(O)/testlib-$1.a)
$$(TESTS_$1:%.c=$(O)/%): LIBS = check $(ALL_LIBS_$1)
$$(TESTS_$1:%.c=$(O)/%): $(O)/%: $(O)/obj/%.o $(call archives,$(BELOW_$1)) \
		$$(foreach u,$(BELOW_$1),$$(TESTLIB_$$u)) | $(call ready,check $(ALL_LIBS_$1))
	$$(call say,LD,$$@)
	$$(link)
endef
$(foreach l,$(LAYERS),$(eval $(call TEST_RULES,$l)))
$(O)/ekube.debug: | $(call ready,$(ALL_LIBS_cli))

# Programs that see everything: sim, fault, the cases runner, fuzz targets of no single layer.
WHOLE := $(wildcard test/sim/test_*.c test/fault/test_*.c test/cases/run.c)
FUZZ  := $(wildcard test/fuzz/fuzz_*.c)
# bench_x.c measures by itself; load_x.c is load that test/bench/run puts on a server
BENCH := $(wildcard test/bench/bench_*.c test/bench/load_*.c)
# fuzz_obj_json.c and bench_obj.c need only what the layer obj needs
fuzz_layer = $(or $(filter $(LAYERS),$(word 2,$(subst _, ,$(notdir $1)))),cli)
WHOLE_OBJ := $(patsubst %.c,$(O)/obj/%.o,$(WHOLE) $(FUZZ) $(BENCH) $(wildcard test/sim/*.c test/fault/*.c test/cases/*.c test/fuzz/*.c))
$(sort $(WHOLE_OBJ)): CPPFLAGS += -Isrc -Itest/lib $(call headers,check)
$(sort $(WHOLE_OBJ)): | $(call ready,check)
$(O)/obj/test/bench/load_api.o: CPPFLAGS += $(call headers,openssl)
define WHOLE_RULE
$(1:%.c=$(O)/%): LIBS = check $(ALL_LIBS_$2)
$(1:%.c=$(O)/%): LINK_ENGINE = $(if $(filter test/fuzz/%,$1),$(FUZZ_ENGINE))
$(1:%.c=$(O)/%): $(1:%.c=$(O)/obj/%.o) $3 $(call archives,$(filter-out cli,$(BELOW_$2))) \
		$(foreach u,$(BELOW_$2),$(TESTLIB_$u)) | $(call ready,check $(ALL_LIBS_$2))
	$$(call say,LD,$$@)
	$$(link)
endef
helpers = $(patsubst %.c,$(O)/obj/%.o,$(filter-out $(WHOLE),$(wildcard $(dir $1)*.c)))
$(foreach t,$(WHOLE),$(eval $(call WHOLE_RULE,$t,cli,$(call helpers,$t))))
$(foreach t,$(FUZZ),$(eval $(call WHOLE_RULE,$t,$(call fuzz_layer,$t),$(if $(FUZZ_ENGINE),,$(O)/obj/test/fuzz/driver.o))))
$(foreach t,$(BENCH),$(eval $(call WHOLE_RULE,$t,$(call fuzz_layer,$(basename $t)))))

UNIT := $(filter $(or $(T),%),$(foreach l,$(or $(L),$(LAYERS)),$(TESTS_$l)))
.PHONY: unit sim fault cases e2e fuzz fuzz-smoke test bench demo lint clean
unit: $(UNIT:%.c=$(O)/%)
	@scripts/run-tests $(O) unit $^
sim fault: %: $(patsubst %.c,$(O)/%,$(filter test/sim/% test/fault/%,$(WHOLE)))
	@scripts/run-tests $(O) $@ $(filter $(O)/test/$@/%,$^)
cases: $(patsubst %.c,$(O)/%,$(filter test/cases/%,$(WHOLE)))
	@scripts/stage $(O) cases $^
e2e: $(O)/ekube
	@scripts/stage $(O) e2e $(wildcard test/e2e/run)
fuzz-smoke: $(FUZZ:%.c=$(O)/%)
	@scripts/run-fuzz $(O) $(or $(FUZZ_SECONDS),3) $^
# with libFuzzer where clang can link it, else with test/fuzz/driver.c
has_engine = echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | clang -fsanitize=fuzzer -x c - -o /dev/null 2>&1
fuzz:
	@$(MAKE) --no-print-directory O=$(O)/fuzz fuzz-smoke FUZZ_SECONDS=$(or $(FUZZ_SECONDS),60) $(if \
		$(shell $(has_engine)),SAN=address$(comma)undefined,CC=clang \
		FUZZ_ENGINE=-fsanitize=fuzzer SAN=address$(comma)undefined$(comma)fuzzer-no-link)
test:
	@scripts/install-deps test
	@scripts/run-all $(O) "$(MAKE)" unit sim fault cases fuzz-smoke e2e
bench: $(O)/ekube $(BENCH:%.c=$(O)/%)
	@O=$(O) test/bench/run
demo: $(O)/ekube
	@O=$(O) scripts/demo
lint: | $(call ready,$(VENDOR_LIBS))
	@scripts/install-deps lint
	@L=$(L) HEADERS="$(call headers,$(VENDOR_LIBS))" scripts/lint $(STEP)
clean:
	rm -rf $(O)

-include $(shell find $(O)/obj $(O)/shim.o -name '*.d' 2>/dev/null)
