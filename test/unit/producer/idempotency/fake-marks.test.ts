import { holdToContract } from '../../../support/marks-contract.ts'
import { createFakeMarks } from './fake-marks.ts'

holdToContract('the marks of the unit tests', () => {
  const marks = createFakeMarks({ windowMs: 60_000, leaseMs: 5_000 })
  const pass = async (what: 'lease' | 'window') => {
    marks.nowMs += what === 'lease' ? 5_000 : 60_000
  }
  return { marks, pass }
})
