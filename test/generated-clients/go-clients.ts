import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Generator, ProgramCommand, Workspace } from './generator.ts'
import { programSource } from './program-source.ts'
import { VERSIONS } from './versions.ts'

const ENVIRONMENT = { GOFLAGS: '-mod=mod', GOWORK: 'off' }

export const oapiCodegen: Generator = {
  name: 'oapi-codegen',
  version: VERSIONS.oapiCodegen,
  needs: ['go'],
  build: async (workspace) => {
    const command = `github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@${VERSIONS.oapiCodegen}`
    const args = ['-generate', 'types,client', '-package', 'client', '-o', 'client/client.go']
    await goModule(workspace)
    await go(workspace, 'run', command, ...args, workspace.document)
    await go(workspace, 'get', `github.com/oapi-codegen/runtime@${VERSIONS.oapiCodegenRuntime}`)
    return goProgram(workspace, 'oapi-codegen.go')
  },
}

export const ogen: Generator = {
  name: 'ogen',
  version: VERSIONS.ogen,
  needs: ['go'],
  build: async (workspace) => {
    const command = `github.com/ogen-go/ogen/cmd/ogen@${VERSIONS.ogen}`
    const args = ['--target', 'client', '--package', 'client', '--clean']
    await goModule(workspace)
    await go(workspace, 'run', command, ...args, workspace.document)
    await go(workspace, 'get', `github.com/ogen-go/ogen@${VERSIONS.ogen}`)
    return goProgram(workspace, 'ogen.go')
  },
}

/** Creates a Go module in the folder, with a folder `client` for the generated package. */
export async function goModule(workspace: Workspace): Promise<void> {
  await go(workspace, 'mod', 'init', 'example.com/fleet')
  await mkdir(join(workspace.folder, 'client'))
}

/** Compiles a program with the client. Returns the command to run it. */
export async function goProgram(workspace: Workspace, program: string): Promise<ProgramCommand> {
  await copyFile(programSource(program), join(workspace.folder, 'main.go'))
  await go(workspace, 'mod', 'tidy')
  await go(workspace, 'build', '-o', 'program', '.')
  return [join(workspace.folder, 'program')]
}

function go({ run }: Workspace, ...args: readonly string[]): Promise<string> {
  return run('go', args, { env: ENVIRONMENT })
}
