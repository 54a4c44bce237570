#!/usr/bin/env bash
# GraphQL with curl: create an experiment, replace it, list, and follow a change.
#
#   GATEWAY_KEY=… examples/curl.sh
#
#   GATEWAY_URL  where the gateway is (default: http://localhost:4000)
#   GATEWAY_KEY  an API key with the scopes experiments:read and experiments:write
set -euo pipefail
url=${GATEWAY_URL:-http://localhost:4000}
: "${GATEWAY_KEY:?set it to an API key with the scopes experiments:read and experiments:write}"

# graphql <operation> <variables as JSON> [<option of curl>…]. The key is not an argument of curl, where other users of
# this machine could see it.
graphql() {
  printf '{"query": "%s", "variables": %s}' "${1//$'\n'/ }" "$2" |
    curl --silent --show-error --header @<(printf 'Authorization: Bearer %s\n' "$GATEWAY_KEY") \
      --header 'Content-Type: application/json' --data-binary @- "${@:3}" "$url/graphql"
  echo
}

graphql 'mutation ($input: CreateExperimentInput!) {
  createExperiment(input: $input) {
    ... on CreateExperimentSuccess { experiment { id revision } }
    ... on MutationError { code message }
  }
}' '{"input": {"experimentId": "exp_curl", "name": "From curl", "batchSize": 25}}'

graphql 'mutation ($id: ID!, $input: ReplaceExperimentInput!, $ifRevision: Int) {
  replaceExperiment(id: $id, input: $input, ifRevision: $ifRevision) {
    ... on ReplaceExperimentSuccess { experiment { revision } changes { field before after reason } }
    ... on ConflictError { current { revision } }
    ... on MutationError { code message }
  }
}' '{"id": "exp_curl", "input": {"description": "Replaced"}, "ifRevision": 1}'

graphql 'query { experiments(first: 5) { totalCount nodes { id name status } } }' '{}'

# A subscription sends the experiment as it is, and then each change, until Ctrl-C.
graphql 'subscription ($id: ID!) { experimentChanged(id: $id) { status progress } }' '{"id": "exp_curl"}' \
  --no-buffer --header 'Accept: text/event-stream'
