# Cells for a Python notebook, with nothing but the standard library. Paste them, or open the file as a notebook (`# %%`).

# %% Talk to the gateway
import json
import os
import urllib.error
import urllib.request

GATEWAY = os.environ.get("GATEWAY_URL", "http://localhost:4000") + "/graphql"
KEY = os.environ["GATEWAY_KEY"]


def post(query, variables, accept):
    body = json.dumps({"query": query, "variables": variables}).encode()
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", "Accept": accept}
    try:
        return urllib.request.urlopen(urllib.request.Request(GATEWAY, body, headers), timeout=60)
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"HTTP {error.code}: {error.read().decode()}") from None


def take_data(text):
    """Returns the data of an answer. Python keeps every digit of an integer."""
    answer = json.loads(text)
    if answer.get("errors"):
        raise RuntimeError("; ".join(error["message"] for error in answer["errors"]))
    return answer["data"]


def graphql(query, **variables):
    """Runs a query or a mutation."""
    with post(query, variables, "application/graphql-response+json") as response:
        return take_data(response.read())


def follow(query, **variables):
    """Yields the data of each event of a subscription, until it completes."""
    with post(query, variables, "text/event-stream") as response:
        for line in response:
            if line.startswith(b"event: complete"):
                return
            if line.startswith(b"data: {"):
                yield take_data(line[6:])


# %% Create an experiment, or take the one that is there
created = graphql(
    """
    mutation ($input: CreateExperimentInput!) {
      createExperiment(input: $input) {
        __typename
        ... on CreateExperimentSuccess { experiment { id revision workflow } }
        ... on ConflictError { reason current { id revision workflow } }
        ... on MutationError { message }
      }
    }
    """,
    input={
        "experimentId": "exp_notebook",
        "name": "From a notebook",
        "workflow": [{"type": "prompt", "config": {"seed": 6687881544318117707}}],
    },
)["createExperiment"]
experiment = created.get("experiment") or created.get("current")
if experiment is None:
    raise RuntimeError(created["message"])
print(created["__typename"], experiment)

# %% Replace it, unless somebody changed it in the meantime
replaced = graphql(
    """
    mutation ($id: ID!, $input: ReplaceExperimentInput!, $ifRevision: Int) {
      replaceExperiment(id: $id, input: $input, ifRevision: $ifRevision) {
        __typename
        ... on ReplaceExperimentSuccess {
          experiment { revision }
          changes { field reason }
          warnings { message }
        }
        ... on ValidationError { issues { path code } }
        ... on ConflictError { current { revision } }
        ... on MutationError { message }
      }
    }
    """,
    id=experiment["id"],
    ifRevision=experiment["revision"],
    input={"workflow": experiment["workflow"], "batchSize": 10},
)["replaceExperiment"]
print(replaced)

# %% Follow it. Interrupt the cell to stop
for event in follow("subscription ($id: ID!) { experimentChanged(id: $id) { status progress } }", id=experiment["id"]):
    print(event["experimentChanged"])
    if event["experimentChanged"]["status"] in ("COMPLETED", "FAILED", "CANCELLED"):
        break
