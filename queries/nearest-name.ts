export { adviseName, nearestName } from "../model/index.ts";
