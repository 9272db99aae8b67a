/** Nothing has arrived. Ask again later; this is never an end. Every layer that hands bytes up answers it. */
export const NO_DATA_YET = -1;
