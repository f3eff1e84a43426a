// What a soak measures of a process, and what it calls growth.
import { expect, test } from 'vitest'
import { createMeter, growth, medianOf } from './measures.ts'

const usage = (rssMiB: number, descriptors: number, cpuPercent: number) => ({ rssMiB, descriptors, cpuPercent })

test('growth - what stays within a third and 40 MiB, 15 descriptors and twice the CPU is none', () => {
  expect(growth({ begin: usage(120, 25, 3), end: usage(190, 38, 10) })).toEqual([])
})

test('growth - memory, descriptors and CPU are told each by itself', () => {
  expect(growth({ begin: usage(120, 25, 3), end: usage(220, 90, 30) })).toEqual([
    'memory 120 -> 220 MiB',
    'descriptors 25 -> 90',
    'CPU 3.0 -> 30.0 %',
  ])
})

test('medianOf - each figure by itself; nothing of nothing', () => {
  expect(medianOf([usage(1, 30, 5), usage(9, 10, 6), usage(2, 20, 70)])).toEqual(usage(2, 20, 6))
  expect(medianOf([])).toBeUndefined()
})

test('createMeter - this very process, from the second look on; undefined for one that is not there', async () => {
  const meter = createMeter()
  expect(meter(process.pid)).toBeUndefined()
  await new Promise((resolve) => setTimeout(resolve, 50))
  const sample = meter(process.pid)!
  expect(sample.rssMiB).toBeGreaterThan(20)
  expect(sample.descriptors).toBeGreaterThan(3)
  expect(sample.cpuPercent).toBeGreaterThanOrEqual(0)
  expect(meter(4_000_000)).toBeUndefined()
})
