#!/bin/bash -eu
# ClusterFuzzLite builds what OSS-Fuzz would.
bash -eu "$SRC/segue/fuzz/oss-fuzz/build.sh"
