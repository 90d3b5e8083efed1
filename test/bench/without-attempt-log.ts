import { BatchBuilder } from '#shared/delivery/log/batch.ts'

/** Loaded before a consumer, it makes the attempts log take nothing in, so that nothing is written and no commit waits. */
BatchBuilder.prototype.add = () => {}
