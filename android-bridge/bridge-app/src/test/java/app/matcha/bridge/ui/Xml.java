package app.matcha.bridge.ui;

import java.io.File;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Reads the resources as they are written, before any tool has had its way with them. */
final class Xml {
    private static final File RES = new File("src/main/res");

    private Xml() {}

    /** All resources of a kind in a folder, by name: {@code strings("values-zh", "string")}. */
    static Map<String, String> all(String folder, String kind) throws Exception {
        Map<String, String> found = new LinkedHashMap<>();
        File[] files = new File(RES, folder).listFiles((dir, name) -> name.endsWith(".xml"));
        Arrays.sort(files);
        for (File file : files) {
            NodeList list = parse(file).getElementsByTagName(kind);
            for (int i = 0; i < list.getLength(); i++) {
                Element element = (Element) list.item(i);
                String before = found.put(element.getAttribute("name"), element.getTextContent());
                if (before != null) {
                    throw new AssertionError(element.getAttribute("name") + " is there twice in " + folder);
                }
            }
        }
        return found;
    }

    static Element parse(File file) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        return factory.newDocumentBuilder().parse(file).getDocumentElement();
    }

    static File[] layouts() {
        File[] files = new File(RES, "layout").listFiles();
        Arrays.sort(files);
        return files;
    }
}
