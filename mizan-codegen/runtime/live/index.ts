export { followLiveQueries } from "./followLiveQueries";
