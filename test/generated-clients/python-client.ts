import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Generator, ProgramCommand, Workspace } from './generator.ts'
import { programSource } from './program-source.ts'
import { VERSIONS } from './versions.ts'

export const openapiPythonClient: Generator = {
  name: 'openapi-python-client',
  version: VERSIONS.openapiPythonClient,
  needs: ['python3'],
  build: async (workspace) => {
    const { folder, document, run } = workspace
    const python = await virtualEnvironment(
      workspace,
      `openapi-python-client==${VERSIONS.openapiPythonClient}`,
    )
    // The generator runs formatters from the path; its own environment has them.
    const env = { PATH: `${join(folder, 'venv/bin')}:${process.env.PATH}` }
    await run(
      join(folder, 'venv/bin/openapi-python-client'),
      ['generate', '--path', document, '--output-path', 'client', '--meta', 'setup'],
      { env },
    )
    return pythonProgram(workspace, python, 'openapi_python_client.py')
  },
}

/** Creates a virtual environment in the folder, and returns its Python. */
export async function virtualEnvironment(
  { folder, run }: Workspace,
  ...packages: readonly string[]
): Promise<string> {
  await run('python3', ['-m', 'venv', 'venv'])
  const python = join(folder, 'venv/bin/python')
  if (packages.length > 0) await run(python, ['-m', 'pip', 'install', '--quiet', ...packages])
  return python
}

/** Installs the client generated into `client`, and returns the command to run its program. */
export async function pythonProgram(
  { folder, run }: Workspace,
  python: string,
  program: string,
): Promise<ProgramCommand> {
  await run(python, ['-m', 'pip', 'install', '--quiet', './client'])
  await run(python, ['-m', 'compileall', '-q', 'client'])
  const path = join(folder, 'program.py')
  await copyFile(programSource(program), path)
  return [python, path]
}
