import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Generator, ProgramCommand, Workshop } from './generator.ts'
import { programSource } from './program-source.ts'
import { VERSIONS } from './versions.ts'

const ENVIRONMENT = { GOFLAGS: '-mod=mod', GOWORK: 'off' }

export const oapiCodegen: Generator = {
  name: 'oapi-codegen',
  version: VERSIONS.oapiCodegen,
  needs: ['go'],
  build: async (workshop) => {
    const command = `github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@${VERSIONS.oapiCodegen}`
    const args = ['-generate', 'types,client', '-package', 'client', '-o', 'client/client.go']
    await goModule(workshop)
    await go(workshop, 'run', command, ...args, workshop.document)
    await go(workshop, 'get', `github.com/oapi-codegen/runtime@${VERSIONS.oapiCodegenRuntime}`)
    return goProgram(workshop, 'oapi-codegen.go')
  },
}

export const ogen: Generator = {
  name: 'ogen',
  version: VERSIONS.ogen,
  needs: ['go'],
  build: async (workshop) => {
    const command = `github.com/ogen-go/ogen/cmd/ogen@${VERSIONS.ogen}`
    const args = ['--target', 'client', '--package', 'client', '--clean']
    await goModule(workshop)
    await go(workshop, 'run', command, ...args, workshop.document)
    await go(workshop, 'get', `github.com/ogen-go/ogen@${VERSIONS.ogen}`)
    return goProgram(workshop, 'ogen.go')
  },
}

/** Makes a module in the folder, with a folder `client` for the package of the client. */
export async function goModule(workshop: Workshop): Promise<void> {
  await go(workshop, 'mod', 'init', 'example.com/fleet')
  await mkdir(join(workshop.folder, 'client'))
}

/** Compiles a program with the client, and returns what runs it. */
export async function goProgram(workshop: Workshop, program: string): Promise<ProgramCommand> {
  await copyFile(programSource(program), join(workshop.folder, 'main.go'))
  await go(workshop, 'mod', 'tidy')
  await go(workshop, 'build', '-o', 'program', '.')
  return [join(workshop.folder, 'program')]
}

function go({ run }: Workshop, ...args: readonly string[]): Promise<string> {
  return run('go', args, { env: ENVIRONMENT })
}
