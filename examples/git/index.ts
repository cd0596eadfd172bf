export { gitEvents, type GitCommit, type GitEvent, type GitFileChanged } from "./git-events.ts";
