# SPDX-License-Identifier: Apache-2.0
build() {
	cc_archive libyaml.a -Iinclude -DYAML_VERSION_MAJOR=0 -DYAML_VERSION_MINOR=2 \
		-DYAML_VERSION_PATCH=5 -DYAML_VERSION_STRING='\"0.2.5\"' -- src/*.c
	cp include/yaml.h "$PREFIX/include/"
}
