package app.matcha.bridge.core;

/**
 * That the server does not take this phone. Outlives the process, so that a refused phone does not knock again at every
 * start; void for another device id, that is after pairing anew.
 */
final class StopMark {
    private static final String DEVICE = "stopped.device";
    private static final String CODE = "stopped.code";
    private static final String DETAIL = "stopped.detail";

    private final State state;

    StopMark(State state) {
        this.state = state;
    }

    void set(String deviceId, String code, String detail) {
        state.putString(CODE, code);
        state.putString(DETAIL, detail);
        state.putString(DEVICE, deviceId);
    }

    void clear() {
        state.putString(DEVICE, null);
    }

    boolean isSetFor(String deviceId) {
        return deviceId.equals(state.getString(DEVICE, null));
    }

    String code() {
        return state.getString(CODE, "stopped");
    }

    String detail() {
        return state.getString(DETAIL, null);
    }
}
