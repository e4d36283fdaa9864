package app.matcha.bridge;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertThrows;

import app.matcha.bridge.core.HmacSigner;
import java.security.GeneralSecurityException;
import java.security.UnrecoverableKeyException;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

@RunWith(RobolectricTestRunner.class)
public final class FileBoxTest {
    private static final byte[] KEY = "0123456789abcdef0123456789abcdef".getBytes();
    private static final byte[] MESSAGE = {1, 2, 3};

    private FileBox box() {
        return new FileBox(RuntimeEnvironment.getApplication().getFilesDir());
    }

    @Test
    public void a_key_signs_after_a_restart_and_no_longer_once_it_was_removed() throws Exception {
        box().put("dev_1", KEY);
        assertArrayEquals(new HmacSigner("dev_1", KEY).hmacSha256(MESSAGE), box().sign("dev_1", MESSAGE));
        box().remove("dev_1");
        assertThrows(UnrecoverableKeyException.class, () -> box().sign("dev_1", MESSAGE));
    }

    @Test
    public void androids_keystore_says_so_where_there_is_none() {
        KeystoreBox keystore = new KeystoreBox();
        assertThrows(GeneralSecurityException.class, () -> keystore.put("dev_1", KEY));
        assertThrows(GeneralSecurityException.class, () -> keystore.sign("dev_1", MESSAGE));
        assertThrows(GeneralSecurityException.class, () -> keystore.remove("dev_1"));
    }
}
