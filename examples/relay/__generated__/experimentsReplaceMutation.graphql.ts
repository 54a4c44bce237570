/**
 * @generated SignedSource<<70ad2e471c5a48ee7fcbf077b46691df>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ConcreteRequest } from 'relay-runtime';
export type ConflictReason = "IDEMPOTENCY_KEY_REUSED" | "ID_TAKEN" | "INVALID_TRANSITION" | "STALE_ATTEMPT" | "STALE_REVISION" | "%future added value";
export type FieldChangeReason = "CLEARED" | "RESET_TO_DEFAULT" | "SET" | "%future added value";
export type ValidationIssueCode = "ID_MISMATCH" | "INVALID_CURSOR" | "INVALID_TEXT" | "INVALID_TYPE" | "MUTUALLY_EXCLUSIVE" | "REPEATED" | "REQUIRED" | "RESERVED" | "TOO_BIG" | "TOO_DEEP" | "TOO_LARGE" | "TOO_LONG" | "TOO_MANY" | "TOO_SHORT" | "TOO_SMALL" | "%future added value";
export type ReplaceExperimentInput = {
  batchSize?: number | null | undefined;
  concurrency?: number | null | undefined;
  datasetId?: string | null | undefined;
  description?: string | null | undefined;
  enableTracing?: boolean | null | undefined;
  evaluatorIds?: ReadonlyArray<string> | null | undefined;
  evaluatorSlugs?: ReadonlyArray<string> | null | undefined;
  evaluatorWorkflowIds?: ReadonlyArray<string> | null | undefined;
  experimentId?: string | null | undefined;
  generationMethod?: string | null | undefined;
  name?: string | null | undefined;
  spanWorkflowName?: string | null | undefined;
  workflow?: ReadonlyArray<Record<string, unknown>> | null | undefined;
};
export type experimentsReplaceMutation$variables = {
  dryRun?: boolean | null | undefined;
  id: string;
  ifRevision?: number | null | undefined;
  input: ReplaceExperimentInput;
};
export type experimentsReplaceMutation$data = {
  readonly replaceExperiment: {
    readonly __typename: "AuthenticationError";
    readonly message: string;
  } | {
    readonly __typename: "ConflictError";
    readonly current: {
      readonly id: string;
      readonly revision: number;
    } | null | undefined;
    readonly reason: ConflictReason;
  } | {
    readonly __typename: "ExperimentPreview";
    readonly batchSize: number;
    readonly changes: ReadonlyArray<{
      readonly field: string;
      readonly reason: FieldChangeReason;
    }>;
    readonly name: string;
  } | {
    readonly __typename: "NotFoundError";
    readonly missingId: string;
  } | {
    readonly __typename: "PermissionError";
    readonly message: string;
  } | {
    readonly __typename: "ReplaceExperimentSuccess";
    readonly changes: ReadonlyArray<{
      readonly field: string;
      readonly reason: FieldChangeReason;
    }>;
    readonly experiment: {
      readonly batchSize: number;
      readonly id: string;
      readonly name: string;
      readonly revision: number;
    };
  } | {
    readonly __typename: "ValidationError";
    readonly issues: ReadonlyArray<{
      readonly code: ValidationIssueCode;
      readonly path: ReadonlyArray<string>;
    }>;
  } | {
    // This will never be '%other', but we need some
    // value in case none of the concrete values match.
    readonly __typename: "%other";
  };
};
export type experimentsReplaceMutation = {
  response: experimentsReplaceMutation$data;
  variables: experimentsReplaceMutation$variables;
};

const node: ConcreteRequest = (function(){
var v0 = {
  "defaultValue": false,
  "kind": "LocalArgument",
  "name": "dryRun"
},
v1 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "id"
},
v2 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "ifRevision"
},
v3 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "input"
},
v4 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "id",
  "storageKey": null
},
v5 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "name",
  "storageKey": null
},
v6 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "batchSize",
  "storageKey": null
},
v7 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "revision",
  "storageKey": null
},
v8 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "reason",
  "storageKey": null
},
v9 = {
  "alias": null,
  "args": null,
  "concreteType": "FieldChange",
  "kind": "LinkedField",
  "name": "changes",
  "plural": true,
  "selections": [
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "field",
      "storageKey": null
    },
    (v8/*:: as any*/)
  ],
  "storageKey": null
},
v10 = [
  {
    "alias": null,
    "args": null,
    "kind": "ScalarField",
    "name": "message",
    "storageKey": null
  }
],
v11 = [
  {
    "alias": null,
    "args": [
      {
        "kind": "Variable",
        "name": "dryRun",
        "variableName": "dryRun"
      },
      {
        "kind": "Variable",
        "name": "id",
        "variableName": "id"
      },
      {
        "kind": "Variable",
        "name": "ifRevision",
        "variableName": "ifRevision"
      },
      {
        "kind": "Variable",
        "name": "input",
        "variableName": "input"
      }
    ],
    "concreteType": null,
    "kind": "LinkedField",
    "name": "replaceExperiment",
    "plural": false,
    "selections": [
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "__typename",
        "storageKey": null
      },
      {
        "kind": "InlineFragment",
        "selections": [
          {
            "alias": null,
            "args": null,
            "concreteType": "Experiment",
            "kind": "LinkedField",
            "name": "experiment",
            "plural": false,
            "selections": [
              (v4/*:: as any*/),
              (v5/*:: as any*/),
              (v6/*:: as any*/),
              (v7/*:: as any*/)
            ],
            "storageKey": null
          },
          (v9/*:: as any*/)
        ],
        "type": "ReplaceExperimentSuccess",
        "abstractKey": null
      },
      {
        "kind": "InlineFragment",
        "selections": [
          (v5/*:: as any*/),
          (v6/*:: as any*/),
          (v9/*:: as any*/)
        ],
        "type": "ExperimentPreview",
        "abstractKey": null
      },
      {
        "kind": "InlineFragment",
        "selections": [
          {
            "alias": null,
            "args": null,
            "concreteType": "ValidationIssue",
            "kind": "LinkedField",
            "name": "issues",
            "plural": true,
            "selections": [
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "path",
                "storageKey": null
              },
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "code",
                "storageKey": null
              }
            ],
            "storageKey": null
          }
        ],
        "type": "ValidationError",
        "abstractKey": null
      },
      {
        "kind": "InlineFragment",
        "selections": [
          (v8/*:: as any*/),
          {
            "alias": null,
            "args": null,
            "concreteType": "Experiment",
            "kind": "LinkedField",
            "name": "current",
            "plural": false,
            "selections": [
              (v4/*:: as any*/),
              (v7/*:: as any*/)
            ],
            "storageKey": null
          }
        ],
        "type": "ConflictError",
        "abstractKey": null
      },
      {
        "kind": "InlineFragment",
        "selections": [
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "missingId",
            "storageKey": null
          }
        ],
        "type": "NotFoundError",
        "abstractKey": null
      },
      {
        "kind": "InlineFragment",
        "selections": (v10/*:: as any*/),
        "type": "AuthenticationError",
        "abstractKey": null
      },
      {
        "kind": "InlineFragment",
        "selections": (v10/*:: as any*/),
        "type": "PermissionError",
        "abstractKey": null
      }
    ],
    "storageKey": null
  }
];
return {
  "fragment": {
    "argumentDefinitions": [
      (v0/*:: as any*/),
      (v1/*:: as any*/),
      (v2/*:: as any*/),
      (v3/*:: as any*/)
    ],
    "kind": "Fragment",
    "metadata": null,
    "name": "experimentsReplaceMutation",
    "selections": (v11/*:: as any*/),
    "type": "Mutation",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": [
      (v1/*:: as any*/),
      (v3/*:: as any*/),
      (v2/*:: as any*/),
      (v0/*:: as any*/)
    ],
    "kind": "Operation",
    "name": "experimentsReplaceMutation",
    "selections": (v11/*:: as any*/)
  },
  "params": {
    "cacheID": "7637aaa1d62f89351e05fc67af95bc14",
    "id": null,
    "metadata": {},
    "name": "experimentsReplaceMutation",
    "operationKind": "mutation",
    "text": "mutation experimentsReplaceMutation(\n  $id: ID!\n  $input: ReplaceExperimentInput!\n  $ifRevision: Int\n  $dryRun: Boolean = false\n) {\n  replaceExperiment(id: $id, input: $input, ifRevision: $ifRevision, dryRun: $dryRun) {\n    __typename\n    ... on ReplaceExperimentSuccess {\n      experiment {\n        id\n        name\n        batchSize\n        revision\n      }\n      changes {\n        field\n        reason\n      }\n    }\n    ... on ExperimentPreview {\n      name\n      batchSize\n      changes {\n        field\n        reason\n      }\n    }\n    ... on ValidationError {\n      issues {\n        path\n        code\n      }\n    }\n    ... on ConflictError {\n      reason\n      current {\n        id\n        revision\n      }\n    }\n    ... on NotFoundError {\n      missingId\n    }\n    ... on AuthenticationError {\n      message\n    }\n    ... on PermissionError {\n      message\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "c60625530642f9c6563111e8fda5039f";

export default node;
