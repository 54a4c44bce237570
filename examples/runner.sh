#!/usr/bin/env bash
# Runs an experiment: starts it, runs a command, and then completes it or fails it.
#
#   GATEWAY_KEY=… examples/runner.sh <experiment-id> [-- <command> …]
#
# The run has a lease, which this script renews while the command runs. If the script dies, the lease expires, and the
# next runner takes the run over. A line `PROGRESS 40` in the output of the command reports 40 %. The command has no
# input. Without a command, two seconds of waiting stand in for the work.
#
#   GATEWAY_URL            where the gateway is (default: http://localhost:4000)
#   GATEWAY_KEY            an API key with the scope experiments:run
#   GATEWAY_LEASE_SECONDS  how long the lease is: 10 to 86400 (default: 60)
#
# Exits 0 when the command has succeeded and the experiment is COMPLETED, or when another runner is at work; with the
# code of the command when it has failed, and the experiment is FAILED with its last lines of output; with 1 and a
# message on anything else: a wrong key, no gateway, no such experiment, a run that has ended or was taken over.
#
# Needs bash and curl.
set -uo pipefail

url=${GATEWAY_URL:-http://localhost:4000}
url=${url%/}
lease=${GATEWAY_LEASE_SECONDS:-60}

usage() {
  echo "usage: ${0##*/} <experiment-id> [-- <command> ...]"
}

say() {
  printf 'runner: %s\n' "$*" >&2
}

die() {
  say "$@"
  exit 1
}

# Writes the text on standard input as a JSON string, without what JSON or the gateway refuses.
to_json() {
  iconv -c -f UTF-8 -t UTF-8 2>/dev/null | LC_ALL=C tr -d '\000-\010\013-\037\177' |
    LC_ALL=C sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e $'s/\t/\\\\t/g' |
    LC_ALL=C awk 'BEGIN { printf "\"" } NR > 1 { printf "\\n" } { printf "%s", $0 } END { printf "\"" }'
}

# send <operation> <variables>: posts a GraphQL operation and sets $answer to what comes back. The key is not an argument
# of curl, where other users of this machine could see it.
send() {
  answer=$(printf '{"query":"%s","variables":%s}' "$1" "$2" |
    curl --silent --show-error --max-time 10 --header @<(printf 'Authorization: Bearer %s\n' "$GATEWAY_KEY") \
      --header 'Content-Type: application/json' --data-binary @- "$url/graphql" 2>&1)
}

# A name or a number in the answer.
word() {
  printf '%s' "$answer" | sed -nE "s/.*\"$1\":\"?([A-Za-z0-9_.]+).*/\1/p" | head -n 1
}

# The message in the answer or, when no gateway answered, all of it.
message() {
  local text
  text=$(printf '%s' "$answer" | sed -nE 's/.*"message":"((\\.|[^"\\])*)".*/\1/p' | sed -e 's/\\"/"/g' -e 's/\\\\/\\/g')
  [[ -n $text ]] || text="$url did not answer like a gateway: $(printf '%s' "$answer" | head -c 300)"
  printf '%s' "$text"
}

# step <mutation> <arguments> <their types> <their values>: takes a step of this attempt. Returns 1 when the gateway
# refuses it, and 2 when the gateway cannot be reached or cannot serve it now.
refusal='... on MutationError { message } ... on ConflictError { reason current { status attempt } }'
step() {
  send "mutation (\$id: ID!, \$attempt: Int!$3) { result: $1(id: \$id, attempt: \$attempt$2) { __typename $refusal } }" \
    "{\"id\":$id,\"attempt\":$attempt$4}" || return 2
  case $(word __typename) in
    *Success) return 0 ;;
    *Error) return 1 ;;
    *) return 2 ;;
  esac
}

report_progress() {
  step reportExperimentProgress ', progress: $progress' ', $progress: Float!' ",\"progress\":$progress"
  case $? in
    0) reported=$progress ;;
    1) stop_work && die "stopped the command: $(message)" ;;
    2) say "the gateway did not accept the report, which will be sent again: $(message)" ;;
  esac
}

# finish <status> <arguments of step>: takes the last step. An earlier try may have arrived without its answer.
finish() {
  local status=$1 try
  shift
  for try in {1..10}; do
    step "$@"
    case $? in
      0) return ;;
      1) [[ $(word reason) == INVALID_TRANSITION && $(word status) == "$status" && $(word attempt) == "$attempt" ]] && return
        die "the experiment could not become $status: $(message)" ;;
    esac
    sleep 3
  done
  die "the experiment could not become $status, because the gateway did not respond: $(message)"
}

# Ends the command and everything that it has started.
stop_work() {
  kill -TERM -- "-$work" 2>/dev/null
  for _ in {1..50}; do
    kill -0 -- "-$work" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$work" 2>/dev/null
  return 0
}

# Looks for progress in a line of output that has already been printed, and keeps it for the error message.
take_line() {
  if [[ $1 =~ ^PROGRESS[[:space:]]+([0-9]{1,3}(\.[0-9]{1,6})?)%?[[:space:]]*$ ]]; then
    progress=$(LC_ALL=C awk -v new="${BASH_REMATCH[1]}" -v old="$progress" \
      'BEGIN { print ((new + 0 > old + 0 && new + 0 <= 100) ? new + 0 : old + 0) }')
  fi
  last_lines+=("${1:0:400}")
  ((${#last_lines[@]} <= 20)) || last_lines=("${last_lines[@]: -20}")
}

case ${1-} in
  -h | --help) usage && exit 0 ;;
esac
if (($# == 0 || $# == 2)) || [[ $# -gt 2 && $2 != -- || -z $1 || $1 == *[[:cntrl:]]* ]]; then
  usage >&2
  exit 2
fi
[[ $lease =~ ^[0-9]{1,9}$ ]] || die "GATEWAY_LEASE_SECONDS is not a number: $lease"
[[ -n ${GATEWAY_KEY-} ]] || die 'set GATEWAY_KEY to an API key with the scope experiments:run'
command -v curl >/dev/null || die 'curl is missing'
name=$1
id=$(printf '%s' "$name" | to_json)
if (($# > 2)); then
  shift 2
else
  set -- bash -c 'for percent in 25 50 75 100; do sleep 0.5; echo "PROGRESS $percent"; done'
fi

started='... on StartExperimentSuccess { experiment { attempt } }'
send "mutation (\$id: ID!, \$lease: Int) { result: startExperiment(id: \$id, leaseSeconds: \$lease) { __typename $started $refusal } }" \
  "{\"id\":$id,\"lease\":$((10#$lease))}" || die "cannot reach $url: $answer"
case $(word __typename) in
  StartExperimentSuccess) attempt=$(word attempt) ;;
  ConflictError)
    [[ $(word status) == RUNNING ]] || die "$(message)"
    say "another runner is at work on $name already: $(message)"
    exit 0
    ;;
  *) die "$(message)" ;;
esac

scratch=$(mktemp -d) || die 'no temporary folder'
trap 'rm -rf "$scratch"' EXIT
signal=
trap 'signal=INT' INT
trap 'signal=TERM' TERM
mkfifo "$scratch/output" || die 'no temporary folder'
# With job control, the command gets a process group of its own, so that all of it can be ended.
set -m
"$@" </dev/null >"$scratch/output" 2>&1 &
work=$!
set +m
exec 3<"$scratch/output"

progress=0 reported=0 sent_at=$SECONDS beginning='' last_lines=()
while :; do
  line=''
  if IFS= read -r -t 1 -u 3 line; then
    printf '%s\n' "$line"
    take_line "$beginning$line"
    beginning=''
  elif (($? > 128)); then
    # A second is over, perhaps in the middle of a line. Something that the command started may keep its output open.
    printf '%s' "$line"
    beginning=$beginning$line
    beginning=${beginning:0:400}
    kill -0 "$work" 2>/dev/null || break
  else
    printf '%s' "$line"
    [[ -z $beginning$line ]] || take_line "$beginning$line"
    break
  fi
  [[ -z $signal ]] || break
  if ((SECONDS - sent_at >= lease / 3)) || { [[ $progress != "$reported" ]] && ((SECONDS > sent_at)); }; then
    sent_at=$SECONDS
    report_progress
  fi
done

if [[ -n $signal ]]; then
  stop_work
  code=$((128 + $(kill -l "$signal")))
  error="The runner was stopped by SIG$signal."
else
  wait "$work" 2>/dev/null
  code=$?
  error="The command exited with $code. "
  error+=$( ((${#last_lines[@]} > 0)) && printf 'Its last output:' && printf '\n%s' "${last_lines[@]}" || printf 'It printed nothing.')
fi

if ((code == 0)); then
  finish COMPLETED completeExperiment '' '' ''
  say "$name is COMPLETED"
else
  finish FAILED failExperiment ', errorMessage: $error' ', $error: String!' ",\"error\":$(printf '%s' "$error" | to_json)"
  say "$name is FAILED: the code was $code"
fi
exit "$code"
