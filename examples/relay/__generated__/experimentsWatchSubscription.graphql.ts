/**
 * @generated SignedSource<<0b85bdc1a6c9d9e0855b3dd5c81ac7b5>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ConcreteRequest } from 'relay-runtime';
export type ExperimentStatus = "CANCELLED" | "COMPLETED" | "FAILED" | "PENDING" | "RUNNING" | "%future added value";
export type experimentsWatchSubscription$variables = {
  id: string;
};
export type experimentsWatchSubscription$data = {
  readonly experimentChanged: {
    readonly batchSize: number;
    readonly id: string;
    readonly name: string;
    readonly progress: number;
    readonly revision: number;
    readonly status: ExperimentStatus;
  };
};
export type experimentsWatchSubscription = {
  response: experimentsWatchSubscription$data;
  variables: experimentsWatchSubscription$variables;
};

const node: ConcreteRequest = (function(){
var v0 = [
  {
    "defaultValue": null,
    "kind": "LocalArgument",
    "name": "id"
  }
],
v1 = [
  {
    "alias": null,
    "args": [
      {
        "kind": "Variable",
        "name": "id",
        "variableName": "id"
      }
    ],
    "concreteType": "Experiment",
    "kind": "LinkedField",
    "name": "experimentChanged",
    "plural": false,
    "selections": [
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "id",
        "storageKey": null
      },
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "name",
        "storageKey": null
      },
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "status",
        "storageKey": null
      },
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "progress",
        "storageKey": null
      },
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "batchSize",
        "storageKey": null
      },
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "revision",
        "storageKey": null
      }
    ],
    "storageKey": null
  }
];
return {
  "fragment": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Fragment",
    "metadata": null,
    "name": "experimentsWatchSubscription",
    "selections": (v1/*:: as any*/),
    "type": "Subscription",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Operation",
    "name": "experimentsWatchSubscription",
    "selections": (v1/*:: as any*/)
  },
  "params": {
    "cacheID": "7d58e36c0127a928d78980a1c8a755e2",
    "id": null,
    "metadata": {},
    "name": "experimentsWatchSubscription",
    "operationKind": "subscription",
    "text": "subscription experimentsWatchSubscription(\n  $id: ID!\n) {\n  experimentChanged(id: $id) {\n    id\n    name\n    status\n    progress\n    batchSize\n    revision\n  }\n}\n"
  }
};
})();

(node as any).hash = "0037da387704ba57e617498f79b45509";

export default node;
