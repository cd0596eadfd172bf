import { checkPanels } from "./panels.test-support.ts";

checkPanels(["weeks in UTC", "hours of a cut range"]);
