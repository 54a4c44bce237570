/** What key.js defines: the API key of this tab. */
declare var gatewayKey: { get(): string | null; set(key: string): void; forget(): void };

/** What `use-graphiql.ts` prepends to graphiql.js. */
declare const graphiqlSettings: {
  readonly endpoint: string;
  readonly tabs: readonly { readonly query: string; readonly variables: string }[];
  /** The address of the script of all workers. */
  readonly worker: string;
  /** The address of the answer to GraphiQL's introspection. */
  readonly introspection: string;
};

/** What GraphiQL's own script defines. */
declare const YogaGraphiQL: { renderYogaGraphiQL(root: Element, options: object): void };

interface Window {
  MonacoEnvironment: { globalAPI: boolean; getWorkerUrl(moduleId: string, label: string): string | undefined };
}
