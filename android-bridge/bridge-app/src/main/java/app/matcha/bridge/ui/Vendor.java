package app.matcha.bridge.ui;

import app.matcha.bridge.R;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Who made the phone, as far as it changes what the owner must set: each maker stops background apps in its own way. */
enum Vendor {
    XIAOMI(R.string.vendor_xiaomi, "xiaomi", "redmi", "poco", "blackshark"),
    HUAWEI(R.string.vendor_huawei, "huawei", "honor", "hihonor", "tianyi"),
    OPPO(R.string.vendor_oppo, "oppo", "oneplus", "realme"),
    VIVO(R.string.vendor_vivo, "vivo", "iqoo"),
    SAMSUNG(R.string.vendor_samsung, "samsung"),
    OTHER(R.string.vendor_other);

    /** What to set, in the makers' words for it. */
    final int text;
    private final List<String> names;

    Vendor(int text, String... names) {
        this.text = text;
        this.names = Arrays.asList(names);
    }

    /** By {@code Build.MANUFACTURER} and {@code Build.BRAND}; sub-brands carry their name in either. */
    static Vendor of(String manufacturer, String brand) {
        for (Vendor vendor : values()) {
            if (vendor.names.contains(lower(manufacturer)) || vendor.names.contains(lower(brand))) {
                return vendor;
            }
        }
        return OTHER;
    }

    private static String lower(String name) {
        return name == null ? "" : name.trim().toLowerCase(Locale.ROOT);
    }
}
