/** The variable of the environment that names the file of the switch. */
export const switchVariable = 'CHAOS_DEFECT_SWITCH'
