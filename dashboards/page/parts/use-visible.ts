import { useEffect, useState } from "preact/hooks";
import type { RefObject } from "preact";

/** Whether an element is, or soon will be, on the screen: what nobody sees need not be asked for. Once seen it stays so. */
export function useVisible(ref: RefObject<Element | null>): boolean {
  const [isVisible, setVisible] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!element || isVisible) return;
    const observer = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && setVisible(true), {
      rootMargin: "200px",
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [isVisible]);
  return isVisible;
}
