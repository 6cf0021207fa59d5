import { useSyncExternalStore } from "react";
import {
  idleState,
  navigationState,
  onNavigationState,
  type NavigationState,
} from "./navigationState";

/** Returns the URL of the page that is loading, and whether that takes a noticeable time. */
export function useNavigation(): NavigationState {
  return useSyncExternalStore(onNavigationState, navigationState, idleState);
}
