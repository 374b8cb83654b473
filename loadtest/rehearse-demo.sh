#!/bin/sh
# The great rehearsal: the demo event, 20,000 shoppers clicking within ten seconds, the server killed with SIGKILL three times
# (in the join burst, in booking, in standby) and started again, then the checker's word on everything.
#
#   loadtest/rehearse-demo.sh [SEED] [SHOPPERS]
#
# Everything goes to out/rehearse-demo/ (OUT=… for another folder): data/, witness.jsonl, report.{txt,json,html}, audit.txt.
# Exit code 0 only when the rehearsal ended by itself within its budget and the checker found nothing.
set -eu
cd "$(dirname "$0")/.."

seed=${1:-7}
shoppers=${2:-20000}
out=${OUT:-out/rehearse-demo}
binary=${CARGO_TARGET_DIR:-target}/release/banjjak

cargo build --release --locked --quiet --package banjjak
rm -rf "$out"
mkdir -p "$out"

# The demo event's own policy sells slowly, for people to look at. For the rehearsal the whole sale, with what is given back and
# sold again, fits into minutes: see loadtest/README.md.
rehearsed=0
"$binary" rehearse \
    --spawn "$binary serve --demo --any-port --print-json --data $out/data --set operator.connections_max=16 --set health.connections_max=16" \
    --sockets "${SOCKETS:-18700}" \
    --event glow-seongsu --shoppers "$shoppers" --join-over 10s --seed "$seed" --kills 3 --time-limit 8m \
    --policy admit_per_second=150 --policy room_max=2000 --policy claim_window_s=10 --policy session_s=30 \
    --witness "$out/witness.jsonl" --report "$out" || rehearsed=$?

audited=0
"$binary" audit --data "$out/data" --witness "$out/witness.jsonl" > "$out/audit.txt" || audited=$?
cat "$out/audit.txt"

[ "$rehearsed" -eq 0 ] && [ "$audited" -eq 0 ]
