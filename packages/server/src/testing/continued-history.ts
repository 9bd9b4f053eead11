import { expect } from 'vitest'
import type { RegistryCounts } from '../domain/agent-registry-repository.ts'
import { branchesOf, containsPosition, currentBranch } from '../domain/branch.ts'

/** Expects that a store continues where it stood, and that positions of before are still valid. */
export function expectContinued(after: RegistryCounts, before: RegistryCounts): void {
  expect(withoutBranches(after)).toEqual(withoutBranches(before))
  const end = { branch: currentBranch(before), revision: before.revision }
  expect(containsPosition(branchesOf(after), end)).toBe(true)
}

function withoutBranches({ branches: _, ...counts }: RegistryCounts): object {
  return counts
}
