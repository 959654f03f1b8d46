/** Whether a folder's node_modules hold all that its package-lock.json asks for. */
export function isInstalled(folder: string): boolean;
