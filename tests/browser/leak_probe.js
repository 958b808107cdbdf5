// Runs in a page before its own scripts: counts what waits for its time. It holds on to nothing.

const waiting = (window.leakProbe = { timers: new Set(), frames: new Set() });

function count(begin, end, pending) {
  const original = window[begin];
  const undo = window[end];
  window[begin] = (action, ...more) => {
    const id = original(
      (...given) => {
        pending.delete(id);
        action(...given);
      },
      ...more,
    );
    pending.add(id);
    return id;
  };
  window[end] = (id) => {
    pending.delete(id);
    undo(id);
  };
}

count("setTimeout", "clearTimeout", waiting.timers);
count("requestAnimationFrame", "cancelAnimationFrame", waiting.frames);
