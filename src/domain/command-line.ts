/** How a person calls the command line, for messages: in the package and the image by its name, in the repository by npm. */
export const commandLine = /(experiment-gateway|dist[\\/]gateway\.mjs)$/.test(process.argv[1] ?? '')
  ? 'experiment-gateway'
  : 'npm run -s gateway --';

/** The command that creates an API key. */
export const createKeyCommand = `${commandLine} keys create`;
