package saprolite;
class ProbeTest { @org.junit.jupiter.api.Test void x() {} }
