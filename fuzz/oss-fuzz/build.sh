#!/bin/bash -eu
# Builds the fuzz targets as OSS-Fuzz and ClusterFuzzLite want them: programs, seed corpora,
# dictionaries and options in $OUT. The toolkit is in $SRC/segue. With names, only those targets.
cd "$SRC/segue/fuzz"

case "${SANITIZER:-address}" in
    # Coverage comes with flags of its own.
    coverage | none) sanitizer=none ;;
    *) sanitizer=${SANITIZER:-address} ;;
esac
# A law is broken by a panic, so arithmetic that overflows must be one, too.
options=(-O --debug-assertions --sanitizer "$sanitizer")
targets=${*:-$(cargo fuzz list)}
for target in $targets; do
    cargo fuzz build "${options[@]}" "$target"
    program=$(find "${CARGO_TARGET_DIR:-target}" -path "*/release/$target" -type f | head -n 1)
    cp "$program" "$OUT/"
    zip -q -j "$OUT/${target}_seed_corpus.zip" seeds/"$target"/*
    if [ -f "dictionaries/$target.dict" ]; then
        cp "dictionaries/$target.dict" "$OUT/"
    fi
    printf '[libfuzzer]\nmax_len = 512\n' >"$OUT/$target.options"
done
