package app.matcha.bridge.ui;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public final class VendorTest {
    @Test
    public void makers_and_their_brands_are_known() {
        String[][] phones = {
            {"Xiaomi", "Redmi", "XIAOMI"}, {"Xiaomi", "POCO", "XIAOMI"}, {"HUAWEI", "HUAWEI", "HUAWEI"},
            {"HONOR", "HONOR", "HUAWEI"}, {"OPPO", "OPPO", "OPPO"}, {"OnePlus", "OnePlus", "OPPO"},
            {"realme", "realme", "OPPO"}, {"vivo", "iQOO", "VIVO"}, {"samsung", "samsung", "SAMSUNG"},
            {"Google", "google", "OTHER"}, {"unknown", "REDMI", "XIAOMI"}, {"", null, "OTHER"}, {null, "", "OTHER"},
        };
        for (String[] phone : phones) {
            assertEquals(phone[0] + " " + phone[1], Vendor.valueOf(phone[2]), Vendor.of(phone[0], phone[1]));
        }
    }

    @Test
    public void case_does_not_depend_on_the_language_of_the_phone() {
        java.util.Locale before = java.util.Locale.getDefault();
        try {
            java.util.Locale.setDefault(new java.util.Locale("tr"));
            assertEquals(Vendor.XIAOMI, Vendor.of("XIAOMI", "XIAOMI"));
        } finally {
            java.util.Locale.setDefault(before);
        }
    }
}
