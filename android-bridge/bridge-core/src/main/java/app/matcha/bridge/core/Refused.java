package app.matcha.bridge.core;

/** Something that a person gave cannot be used. The code says why; words for it are the screen's. */
public final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    private final String code;

    public Refused(String code) {
        this(code, code);
    }

    Refused(String code, String detail) {
        super(detail);
        this.code = code;
    }

    /** A stable code. */
    public String code() {
        return code;
    }
}
