// The threshold sliders: the page follows while they move, Python hears of it when they rest.

import { element } from "../elements.js";
import { component, newsOnly } from "../mounting.js";
import { followTheme } from "../theme.js";
import { createCounts } from "./counts.js";
import { createSlider } from "./slider.js";
import { thresholds } from "./store.js";

const QUIET_MILLISECONDS = 120;

export default component((place) => {
  const store = thresholds();
  const news = newsOnly();
  let setStateValue = () => {};
  let timer = null;
  let told = null;

  const confidence = createSlider({
    name: "Confidence",
    hint: "Predictions below this confidence are left out.",
    onInput: (value) => move({ confidence: value }),
    onRelease: tell,
  });
  const iou = createSlider({
    name: "IoU",
    hint: "A prediction finds a truth of its feature when they overlap at least this much.",
    onInput: (value) => move({ iou: value }),
    onRelease: tell,
  });
  const counts = createCounts();
  const sliders = element("div", { className: "sliders", role: "group", "aria-label": "Thresholds" }, [
    confidence.root, iou.root,
  ]);
  const root = element("div", { className: "thresholds" }, [sliders, counts.root]);
  place.append(root);

  function move(values) {
    store.set(values);
    clearTimeout(timer);
    timer = setTimeout(tell, QUIET_MILLISECONDS);
  }

  function tell() {
    clearTimeout(timer);
    const values = { confidence: store.confidence, iou: store.iou };
    const text = JSON.stringify(values);
    if (text === told) return;
    told = text;
    news.send(values);
    setStateValue("thresholds", values);
  }

  function show(values) {
    confidence.show(values.confidence);
    iou.show(values.iou);
  }

  const leave = [store.subscribe(show), store.subscribeCounts(counts.show)];
  counts.show(store.counts);

  return {
    update(call) {
      followTheme(root);
      setStateValue = call.setStateValue;
      iou.root.hidden = call.data.overlaps === false;
      const values = { confidence: call.data.confidence, iou: call.data.iou };
      if (!news.isNews(values)) return;
      told = JSON.stringify(values);
      store.set(values);
      show(values);
    },
    dispose() {
      clearTimeout(timer);
      leave.forEach((unsubscribe) => unsubscribe());
      root.remove();
    },
  };
});
